"""Replaying: every payload of the vault read again, so that a mended parser tells history anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from riskmap.errors import RiskmapError
from riskmap.model.raw import Receipt
from riskmap.pipeline.fetched import Key, key_of
from riskmap.pipeline.summary import Summary, summarise, summary_of
from riskmap.sources.source import source
from riskmap.store.vault import Vault


@dataclass(frozen=True)
class Replayed:
    """One payload, read again.

    Args:
        receipt: What is known of it.
        now: What it gives; None where it is refused.
        before: What it gave when it was last read; None where it was not, or was refused.
        refusal: Why it is refused; empty where it is not.
    """

    receipt: Receipt
    now: Summary | None
    before: Summary | None
    refusal: str = ""

    @property
    def changed(self) -> bool:
        """Whether it was read before and gave something else."""
        return self.before is not None and self.before != self.now


def replay(name: str, vault: Vault, *, unread_only: bool = False) -> Iterator[Replayed]:
    """Reads every different payload of records of a source, in the order in which they came, and keeps what it gives.

    Args:
        name: Registry name.
        vault: Where the payloads lie.
        unread_only: True to leave out those that were read before.

    Raises:
        UnknownSource: There is no such source.
        StoreError: What they give cannot be kept.
    """
    reader, seen = source(name), set[Key]()
    for receipt in vault.receipts(name):
        key = key_of(receipt)
        if receipt.role != "records" or key in seen:
            continue
        seen.add(key)
        raw, before = vault.raw(receipt), kept_summary(vault, name, receipt)
        if unread_only and before is not None:
            continue
        try:
            now = summarise(reader.read(raw, {}))
        except RiskmapError as error:
            yield Replayed(receipt, None, before, str(error))
            continue
        vault.write_note(_note(name, receipt), json.loads(json.dumps(asdict(now))))
        yield Replayed(receipt, now, before)


def kept_summary(vault: Vault, name: str, receipt: Receipt) -> Summary | None:
    """What a payload gave when it was last read; None where it never was."""
    told = vault.note_of(_note(name, receipt))
    return None if told is None else summary_of(told)


def _note(name: str, receipt: Receipt) -> str:
    labels = hashlib.sha256(repr(key_of(receipt)[1]).encode()).hexdigest()[:8]
    return f"readings/{name}/{receipt.sha256}-{labels}"
