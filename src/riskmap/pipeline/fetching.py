"""Fetching as a person asks for it: a source, an area and a span; or one small request to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from riskmap.errors import CaseError, CredentialsMissing, FetchError
from riskmap.model.raw import Asked
from riskmap.pipeline.fetch import check, fetch
from riskmap.pipeline.options import parsed_options
from riskmap.pipeline.replay import replay
from riskmap.pipeline.report import as_json_text, as_text, spoken, titled
from riskmap.pipeline.source_report import fetch_report
from riskmap.settings import Settings
from riskmap.sources.source import Provider, registered, source
from riskmap.store.vault import Vault

_USUAL_DAYS = 365

Span = tuple[datetime | None, datetime | None]


def fetched_report(
    name: str | None, area: str, span: Span, words: Sequence[str], settings: Settings, *, as_json: bool
) -> str:
    """Fetches, reads what came, and tells both.

    Args:
        name: Registry name.
        area: Country code (ISO 3166-1 alpha-3), in any case; empty for the whole world.
        span: First and last day; the last year up to today where not given.
        words: Options, NAME=VALUE.
        settings: Vault, credentials and endpoints.
        as_json: True for JSON.

    Raises:
        CaseError: No source is named, or the span runs backwards.
        FetchError: The provider did not give it.
    """
    if name is None:
        raise CaseError("name the source to fetch; riskmap sources lists them")
    asked = _asked(area, span, words)
    with spoken(quiet=as_json) as tell:
        done = fetch(name, asked, settings, tell)
        read = list(replay(name, Vault(settings.vault_folder), unread_only=True))
    return fetch_report(name, done, read, as_json=as_json)


def live_check_report(names: Sequence[str] | None, settings: Settings, *, as_json: bool) -> tuple[str, bool]:
    """One small request to each provider: what came of it, and whether all that could be asked answered well.

    Providers whose key is not set are told so and do not count.
    """
    found = {}
    for name in names or [name for name in registered() if isinstance(source(name), Provider)]:
        try:
            check(name, settings)
            found[name] = "answers as expected"
        except CredentialsMissing as error:
            found[name] = f"not asked: {error}"
        except FetchError as error:
            found[name] = f"FAILED: {error}"
    fine = not any(told.startswith("FAILED") for told in found.values())
    if as_json:
        return as_json_text(found), fine
    table = titled("Live check", "source", "outcome")
    for name, told in found.items():
        table.add_row(name, told)
    return as_text(table), fine


def _asked(area: str, span: Span, words: Sequence[str]) -> Asked:
    today = datetime.now(UTC).date()
    last = span[1].date() if span[1] else today
    first: date = span[0].date() if span[0] else last - timedelta(days=_USUAL_DAYS)
    if last < first:
        raise CaseError(f"--to ({last}) is before --from ({first})")
    options = {name: str(value) for name, value in parsed_options(words).items()}
    return Asked(area.upper(), first, last + timedelta(days=1), options)
