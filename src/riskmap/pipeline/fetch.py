"""Fetching: from a provider into the vault; and what the vault then holds for a build."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from riskmap.errors import FetchError
from riskmap.model.raw import Asked, Receipt
from riskmap.settings import Settings
from riskmap.sources.source import Provider, Source, source
from riskmap.sources.wire import Desk, Wire
from riskmap.store.vault import Fetch, Vault


@dataclass(frozen=True)
class Fetched:
    """What a fetch brought.

    Args:
        fetch: Its id, question and times.
        payloads: Different payloads that records can be read from.
        unchanged: Those of them that another fetch brought too.
        bytes: Of the others.
    """

    fetch: Fetch
    payloads: int
    unchanged: int
    bytes: int


def fetch(
    name: str,
    asked: Asked,
    settings: Settings,
    tell: Callable[[str], None] = lambda _url: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Asks a source for everything of an area and span, and keeps what comes.

    A fetch that broke off within a day is taken up where it was.

    Args:
        name: Registry name.
        asked: Area, span and options.
        settings: Vault, credentials and endpoints.
        tell: Called with each address, free of secrets, before it is asked.
        sleep: Waits so many seconds, between two requests and before another try.

    Raises:
        UnknownSource: There is no such source.
        FetchError: It cannot be fetched, or the provider did not give it.
        StoreError: The vault cannot be written.
    """
    provider = provider_of(name)
    vault = Vault(settings.vault_folder)
    with (
        vault.fetching(name, asked) as (run, got),
        Wire(desk(provider, vault, settings, run.id, got), sleep, tell) as wire,
    ):
        provider.fetch(asked, wire)
    receipts = vault.receipts(name)
    before = {one.sha256 for one in receipts if one.fetch != run.id}
    found = {one.sha256: one for one in receipts if one.fetch == run.id and one.role == "records"}
    new = [one for sha256, one in found.items() if sha256 not in before]
    return Fetched(run, len(found), len(found) - len(new), sum(one.bytes for one in new))


def check(name: str, settings: Settings) -> None:
    """One small request to a source's provider.

    Raises:
        FetchError: It does not answer as expected.
    """
    provider, vault = provider_of(name), Vault(settings.vault_folder)
    with Wire(desk(provider, vault, settings, "check", {})) as wire:
        provider.check(wire)


def provider_of(name: str) -> Provider:
    """The source of that name, if it can be asked over the network.

    Raises:
        UnknownSource: There is none.
        FetchError: It reads files that a person brings.
    """
    made: Source = source(name)
    if not isinstance(made, Provider):
        raise FetchError(f"{name} reads files that you bring; name one in a case, or look at it with riskmap inspect")
    return made


def desk(provider: Source, vault: Vault, settings: Settings, run: str, got: Mapping[str, Receipt]) -> Desk:
    """What a wire to a provider may use: of all credentials only those that the provider itself needs."""
    needed = provider.access.credentials
    return Desk(
        source=provider.name,
        access=provider.access,
        keeper=vault,
        credentials={
            name: secret.get_secret_value() for name, secret in settings.credentials.items() if name in needed
        },
        endpoints=settings.endpoints,
        fetch=run,
        got=got,
    )
