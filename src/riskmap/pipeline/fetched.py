"""What the vault holds for a build: the payloads of a source and an area, and what their fetches list completely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from riskmap.model.raw import Raw, Receipt
from riskmap.pipeline.timeline import end_of
from riskmap.sources.source import Cover, Provider, source
from riskmap.store.vault import Fetch, Vault

Key = tuple[str, tuple[tuple[str, str], ...]]


def key_of(receipt: Receipt) -> Key:
    """What makes a payload another one: its bytes, and what was known of it."""
    return receipt.sha256, tuple(sorted(receipt.labels.items()))


@dataclass(frozen=True)
class Payload:
    """One file of an input.

    Args:
        raw: The file.
        area: Country that was asked for; empty where all, or where it was not asked.
        whole: Whether everything that was asked for with it has come, so that what it lists completely is complete.
        cover: The days that its whole fetch lists completely, where it does.
        told: Rank of the last fetch or poll that told it; -1 where its provider's lists are not whole.
    """

    raw: Raw
    area: str = ""
    whole: bool = True
    cover: Cover | None = None
    told: int = -1


def fetched(name: str, area: str, vault: Vault, as_of: date | None = None) -> list[Payload]:
    """Different payloads of records, in the order in which they first came.

    Two of the same bytes are different where their labels are, as two empty scenes of different days. Each counts as
    received when it first came, and as told by the last fetch that it was part of. A poll tells what is new and lists
    no day completely: a payload keeps the days of the last fetch that it was part of, whatever polls tell it again.

    Args:
        name: Registry name of the source.
        area: Country code; what was fetched for it or for the whole world is taken, and all where it is empty.
        vault: Where they lie.
        as_of: Only what had come by that day; None for all.
    """
    made = source(name)
    lists_all = isinstance(made, Provider) and made.lists_all
    fetches = {one.id: one for one in vault.fetches(name) if not area or one.asked.area in ("", area)}
    order = {identifier: rank for rank, identifier in enumerate(fetches)}
    first: dict[Key, Receipt] = {}
    told: dict[Key, list[Fetch]] = {}
    for receipt in vault.receipts(name):
        late = as_of is not None and receipt.retrieved > end_of(as_of)
        if receipt.role == "records" and receipt.fetch in fetches and not late:
            first.setdefault(key_of(receipt), receipt)
            told.setdefault(key_of(receipt), []).append(fetches[receipt.fetch])
    return [
        _payload(vault.raw(receipt), told[key], order, lists_all=lists_all, as_of=as_of)
        for key, receipt in first.items()
    ]


def _payload(
    raw: Raw, told: Sequence[Fetch], order: Mapping[str, int], *, lists_all: bool, as_of: date | None
) -> Payload:
    """A payload with what its fetch covers; one that had not ended covers nothing, and is outranked like any other."""
    fetch = next((one for one in reversed(told) if not one.asked.is_poll), told[-1])
    ended = fetch.ended is not None and (as_of is None or fetch.ended <= end_of(as_of))
    last = fetch.asked.end if ended else fetch.asked.start
    whole = ended and not fetch.asked.is_poll
    if not lists_all:
        return Payload(raw, fetch.asked.area, whole)
    return Payload(raw, fetch.asked.area, whole, Cover(fetch.asked.start, last, order[fetch.id]), order[told[-1].id])
