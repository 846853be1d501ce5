"""Asking the DTM displacement API, version 3: one reply for each country and level, with all its rounds.

A failure comes with status 200 and `isSuccess` false. Levels repeat one another, and the finest exists for some
countries only, so the levels are asked from the finest up, and the first that has rows is kept for reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from riskmap.errors import FetchError, NoRows, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.wire import INDEX, Ask, Reply, Wire

KEY = "dtm_key"
PART = "api"

_LEVELS = ("2", "1", "0")
_OPTIONS = frozenset({"level", "operation"})
_YEAR = timedelta(days=366)


def fetch_rounds(asked: Asked, wire: Wire) -> None:
    """Every round that is in force in the span: those reported in it and in the year before.

    Raises:
        FetchError: An option is unknown, or there are no rows, or the provider did not give them.
    """
    strange = sorted(set(asked.options) - _OPTIONS)
    if strange or asked.options.get("level", "0") not in _LEVELS:
        raise FetchError("dtm takes the options level (0, 1 or 2) and operation")
    # The secret first, so that nothing is asked without it.
    headers = _headers(wire)
    for country in [asked.area] if asked.area else _countries(wire, headers):
        _fetch_country(country, asked, wire, headers)


def check_key(wire: Wire) -> None:
    """Asks for the list of countries.

    Raises:
        FetchError: It does not come.
    """
    _countries(wire, _headers(wire))


def _headers(wire: Wire) -> Mapping[str, str]:
    return {"Ocp-Apim-Subscription-Key": wire.secret(KEY)}


def _countries(wire: Wire, headers: Mapping[str, str]) -> list[str]:
    """Codes of the countries that have any data."""
    reply = wire.get(wire.at(PART, "country-list"), headers=headers, ask=Ask(INDEX.role, sound=_sound))
    return sorted({str(row["admin0Pcode"]) for row in _result(reply) if isinstance(row, Mapping)})


def _fetch_country(country: str, asked: Asked, wire: Wire, headers: Mapping[str, str]) -> None:
    params = {
        "Admin0Pcode": country,
        "FromReportingDate": (asked.start - _YEAR).isoformat(),
        "ToReportingDate": _last(asked).isoformat(),
    }
    if "operation" in asked.options:
        params["Operation"] = asked.options["operation"]
    levels = [asked.options["level"]] if "level" in asked.options else _LEVELS
    for level in levels:
        try:
            wire.get(
                wire.at(PART, f"admin{level}"), params, headers=headers, ask=Ask(labels={"level": level}, sound=_sound)
            )
        except NoRows:
            continue
        return
    if asked.area:
        raise ProviderRefused(f"dtm has no rows of {country} in {' or '.join(levels)} for these days; ask for others")


def _last(asked: Asked) -> date:
    return asked.end - timedelta(days=1)


def _sound(reply: Reply) -> None:
    """Nothing for a whole answer with rows.

    Raises:
        Transient: It was cut short.
        ProviderRefused: The provider reports a failure, or there are no rows.
    """
    told = reply.json()
    if not isinstance(told, Mapping):
        raise ProviderRefused(f"{reply.raw.url} answered with no object; the provider has changed its format")
    if told.get("isSuccess") is not True:
        raise ProviderRefused(f"{reply.raw.url} reports a failure: {told.get('errorMessages') or 'no message'}")
    rows, count = told.get("result"), told.get("totalRecordsCount")
    if not isinstance(rows, list) or (isinstance(count, int) and len(rows) != count):
        raise Transient(f"{reply.raw.url} says {count} rows and gives another number")
    if not rows:
        raise NoRows(f"{reply.raw.url} has no rows")


def _result(reply: Reply) -> list[object]:
    told = reply.json()
    rows = told.get("result") if isinstance(told, Mapping) else None
    return rows if isinstance(rows, list) else []
