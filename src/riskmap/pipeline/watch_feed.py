"""One feed that is watched: polled, and kept in the vault only where it tells something new.

Most of what a feed tells again and again is known, and some feeds put the time of day into each answer. All of that
stays in a landing, which dies with the watcher; so the vault, and with it every later build, grows by news alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from riskmap.errors import FetchError, InputError, RiskmapError
from riskmap.model.case import Case, CaseInput
from riskmap.model.layer import Layer
from riskmap.model.raw import Asked, Raw, Receipt
from riskmap.pipeline.fetch import desk
from riskmap.pipeline.fetched import Key, fetched, key_of
from riskmap.pipeline.ingest import Place, ingest
from riskmap.pipeline.watch_jobs import Found
from riskmap.pipeline.watch_news import Reach, is_news
from riskmap.settings import Settings
from riskmap.sources.source import Polled, source
from riskmap.sources.wire import Wire
from riskmap.store.vault import Vault


def feeds_of(case: Case) -> Mapping[str, Polled]:
    """The sources of a case's inputs from the vault that have a feed of what is new, by name."""
    found = {one.source: source(one.source) for one in case.inputs if one.vault}
    return {name: made for name, made in found.items() if isinstance(made, Polled)}


def mark_of(name: str, area: str, vault: Vault) -> str:
    """A hash of what the vault holds of a source for a country, and of what is believed of it."""
    digest = hashlib.sha256()
    for one in fetched(name, area, vault):
        told = (one.raw.sha256, sorted(one.raw.labels.items()), one.area, one.whole, one.cover, one.told)
        digest.update(f"{told!r}\n".encode())
    return digest.hexdigest()


class Landing:
    """Where the payloads of a poll lie until it is known whether they tell something new; a keeper for the wire.

    Args:
        vault: What was kept before.
        folder: On the vault's disk; it may be removed at any time.
    """

    def __init__(self, vault: Vault, folder: Path) -> None:
        self._vault, self._folder = vault, folder
        self._last: dict[str, Receipt] = {}
        self.came: dict[str, Receipt] = {}

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A folder to write in what is to be kept."""
        with TemporaryDirectory(dir=self._folder) as name:
            yield Path(name)

    def keep(self, file: Path | None, receipt: Receipt) -> Raw:
        """Takes a payload in; None where it is there already and has only come again."""
        if file is not None:
            file.replace(self._folder / receipt.sha256)
        if receipt.role != "refused":
            self._last[receipt.url] = self.came[receipt.url] = receipt
        return self.raw(receipt)

    def last(self, source: str, url: str) -> Receipt | None:
        """The newest whole payload of an address, from here or from the vault."""
        return self._last.get(url) or self._vault.last(source, url)

    def raw(self, receipt: Receipt) -> Raw:
        """The payload of a receipt, from here or from the vault.

        Raises:
            InputError: Its bytes are in neither.
        """
        path = self._folder / receipt.sha256
        if not path.is_file():
            return self._vault.raw(receipt)
        name = f"{receipt.source}/{receipt.sha256[:12]}"
        return Raw(path, name, receipt.sha256, receipt.bytes, receipt.retrieved, receipt.url, receipt.labels)

    def hand_over(self, receipts: Sequence[Receipt], asked: Asked) -> None:
        """Moves payloads into the vault, as a fetch of their own.

        Raises:
            StoreError: The vault cannot be written.
        """
        with self._vault.fetching(receipts[0].source, asked) as (run, _):
            for receipt in receipts:
                path = self._folder / receipt.sha256
                self._vault.keep(path if path.is_file() else None, replace(receipt, fetch=run.id))

    def begin(self) -> None:
        """Begins a poll: nothing came yet."""
        self.came = {}

    def tidy(self) -> None:
        """Forgets what did not come in this poll."""
        self._last = dict(self.came)
        needed = {receipt.sha256 for receipt in self._last.values()}
        for path in self._folder.iterdir():
            if path.name not in needed:
                path.unlink(missing_ok=True)


class Feed:
    """One feed of a case.

    Args:
        provider: Whose feed it is.
        case: What is watched; its inputs of that source are read as they say.
        reach: Where news must be to be felt.
        settings: Vault, credentials and endpoints.
        folder: For the landing.
    """

    def __init__(self, provider: Polled, case: Case, reach: Reach, settings: Settings, folder: Path) -> None:
        self._provider, self._case, self._reach, self._settings = provider, case, reach, settings
        self._given = tuple(one for one in case.inputs if one.vault and one.source == provider.name)
        self._vault = Vault(settings.vault_folder)
        self._landing = Landing(self._vault, folder)
        self._mark = ""
        self._known: tuple[Layer, ...] = ()
        self._old: set[Key] = set()
        self._first = True

    def poll(self) -> Found:
        """Asks once: how many payloads came, and how many of them told something new and are in the vault now.

        What came before a failure counts as well.

        Raises:
            RiskmapError: The provider did not give all of it, something that came cannot be read (and is not kept), or
                the vault cannot be written.
        """
        asked, landing = self._asked(), self._landing
        failures: list[RiskmapError] = []
        landing.begin()
        with Wire(replace(desk(self._provider, self._vault, self._settings, "poll", {}), keeper=landing)) as wire:
            try:
                self._provider.poll(asked, wire)
            except FetchError as error:
                failures.append(error)
        came = [receipt for receipt in landing.came.values() if receipt.role == "records"]
        self._look()
        new = [receipt for receipt in came if key_of(receipt) not in self._old and self._is_new(receipt, failures)]
        if new:
            landing.hand_over(new, asked)
        landing.tidy()
        if failures:
            raise failures[0]
        return {"payloads": len(came), "new": len(new)}

    def _asked(self) -> Asked:
        """What is asked for: nothing but news, otherwise what the last fetch for the area asked for."""
        area, today = self._case.iso3, datetime.now(UTC).date()
        fetches = [one.asked for one in self._vault.fetches(self._provider.name)]
        before = [one.options for one in fetches if one.area == area and not one.is_poll][-1:]
        where = {"bbox": str(self._reach)} if area else {}
        return Asked(area, today, today, {**where, **(before[0] if before else {})})

    def _look(self) -> None:
        """Reads what is known, for each input of the source, if the vault holds something else than before."""
        mark = mark_of(self._provider.name, self._case.iso3, self._vault)
        if mark != self._mark:
            self._first = not fetched(self._provider.name, self._case.iso3, self._vault)
            self._mark, self._known, self._old = mark, tuple(map(self._known_of, self._given)), set()

    def _is_new(self, receipt: Receipt, failures: list[RiskmapError]) -> bool:
        raw = self._landing.raw(receipt)
        try:
            layers = [self._provider.read(raw, one.options).layer for one in self._given]
        except InputError as error:
            failures.append(error)
            return False
        # An empty list is news where there was none: from then on nothing is what the provider told.
        new = self._first or any(
            is_news(told, known, self._reach) for told, known in zip(layers, self._known, strict=True)
        )
        if not new:
            self._old.add(key_of(receipt))
        return new

    def _known_of(self, given: CaseInput) -> Layer:
        if self._first:
            return Layer.empty()
        alone = self._case.model_copy(update={"inputs": (given,)})
        (found,) = ingest(alone, Place(Path(), self._vault))
        return found.layer.canonical()
