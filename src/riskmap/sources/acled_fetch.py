"""Asking ACLED: a token for a name and a password, then pages of events, then the list of what was deleted.

An account that may not see events gets a good status and nothing, or nothing of the last months. So an answer without
events is believed only where the account is shown others of the same country, and an account that is shown nothing
after some day is refused a span that goes beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pycountry

from riskmap.errors import FetchError, ProviderRefused, Transient
from riskmap.model.raw import Asked
from riskmap.sources.paging import numbered, until_short
from riskmap.sources.wire import INDEX, Ask, Params, Reply, Wire

SITE = "site"
CREDENTIALS = ("acled_username", "acled_password")
FIELDS = (
    "event_id_cnty",
    "event_date",
    "time_precision",
    "disorder_type",
    "event_type",
    "sub_event_type",
    "civilian_targeting",
    "iso",
    "country",
    "admin1",
    "admin2",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "fatalities",
    "timestamp",
)
"""What is asked for of each event: no actors, and no free text, which may tell of persons."""

_EVENTS, _DELETED = "api/acled/read", "api/deleted/read"
_PAGE = 5_000
_OPTIONS = frozenset({"since", "deleted"})
_UNAUTHORISED = 401
_TOLD = 200


def fetch_events(asked: Asked, wire: Wire) -> None:
    """Events of a country, or of all, in a span; and what was deleted, worldwide, since the span began.

    Options: `since`, a day or a Unix time, asks only for what was edited or deleted from then on; `deleted` = `no`
    leaves the list of deletions aside, for accounts that may not see it.

    Raises:
        FetchError: An option is unknown, the country has no code, or ACLED did not give it.
    """
    since = _since(asked)
    country = _country(asked.area)
    door = _Door(wire)
    last = asked.end - timedelta(days=1)
    wanted: Params = {
        **country,
        "event_date": f"{asked.start}|{last}",
        "event_date_where": "BETWEEN",
        **({"timestamp": str(since), "timestamp_where": ">="} if since is not None else {}),
        "fields": "|".join(FIELDS),
    }
    first = door.pages(_EVENTS, wanted, last)[0]
    if since is None and not _rows(first):
        _check_that_others_are_shown(door, country, wire)
    if asked.options.get("deleted", "yes") == "yes":
        # What happened in the span cannot have been deleted before the span began.
        begun = int(datetime.combine(asked.start, time(), UTC).timestamp())
        moment = begun if since is None else max(begun, since)
        door.pages(_DELETED, {"deleted_timestamp": str(moment), "deleted_timestamp_where": ">="})


def check_account(wire: Wire) -> None:
    """Asks for a token, and for one event.

    Raises:
        FetchError: One of them does not come.
    """
    door = _Door(wire)
    reply = door.ask(_EVENTS, {"limit": 1}, Ask(INDEX.role, sound=lambda reply: _check(reply, wire)))
    if not _rows(reply):
        raise ProviderRefused("acled shows this account no events at all; ask ACLED for access to its API")


class _Door:
    """ACLED behind its token, which is renewed once where it is no longer taken."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._token, self._refresh = "", ""
        self._enter({"grant_type": "password", **_account(wire)})

    def pages(self, path: str, wanted: Params, last: date | None = None) -> list[Reply]:
        """All pages of an answer, each kept."""
        ask = Ask(sound=lambda reply: _check(reply, self._wire, last))
        over = until_short(_PAGE, _rows)
        return list(numbered(lambda page: self.ask(path, {**wanted, "limit": _PAGE, **page}, ask), over))

    def ask(self, path: str, wanted: Params, ask: Ask) -> Reply:
        """One answer."""
        address, params = self._wire.at(SITE, path), {"_format": "json", **wanted}
        try:
            return self._wire.get(address, params, headers=self._headers(), ask=ask)
        except ProviderRefused as refused:
            if refused.status != _UNAUTHORISED:
                raise
        self._renew()
        return self._wire.get(address, params, headers=self._headers(), ask=ask)

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        try:
            self._enter({"grant_type": "refresh_token", "refresh_token": self._refresh})
        except FetchError:
            self._enter({"grant_type": "password", **_account(self._wire)})

    def _enter(self, form: Mapping[str, str]) -> None:
        told = self._wire.post(self._wire.at(SITE, "oauth/token"), {"client_id": "acled", **form})
        token = told.get("access_token") if isinstance(told, Mapping) else None
        if not isinstance(told, Mapping) or not isinstance(token, str) or not token:
            raise ProviderRefused(f"acled gave no token; check {' and '.join(CREDENTIALS)}")
        self._token = self._wire.learn(token)
        refresh = told.get("refresh_token")
        self._refresh = self._wire.learn(refresh) if isinstance(refresh, str) and refresh else ""


def _account(wire: Wire) -> Mapping[str, str]:
    return {"username": wire.secret(CREDENTIALS[0]), "password": wire.secret(CREDENTIALS[1])}


def _country(area: str) -> Mapping[str, str]:
    """The filter of a country by its numeric code, since ACLED spells names in its own way; Kosovo has none there."""
    if not area:
        return {}
    if area == "XKX":
        return {"country": "Kosovo"}
    found = pycountry.countries.get(alpha_3=area)
    if found is None:
        raise FetchError(f"{area!r} is no country code (ISO 3166-1 alpha-3) that acled can be asked for")
    return {"iso": str(int(found.numeric))}


def _since(asked: Asked) -> int | None:
    """The Unix time from which on edits are asked for; None for all."""
    if set(asked.options) - _OPTIONS or asked.options.get("deleted", "yes") not in {"yes", "no"}:
        raise FetchError("acled takes the options since (a day or a Unix time) and deleted (yes or no)")
    since = asked.options.get("since")
    if since is None or since.isdecimal():
        return None if since is None else int(since)
    try:
        return int(datetime.combine(date.fromisoformat(since), time(), UTC).timestamp())
    except ValueError as error:
        raise FetchError(f"option since must be a day such as 2026-01-31 or a Unix time, not {since!r}") from error


def _rows(reply: Reply) -> list[object]:
    told = reply.json()
    rows = told.get("data") if isinstance(told, Mapping) else None
    return rows if isinstance(rows, list) else []


def _check(reply: Reply, wire: Wire, last: date | None = None) -> None:
    """Nothing for an answer with a list of rows.

    Raises:
        Transient: It was cut short.
        ProviderRefused: It is a refusal with a good status, or does not go up to the last day asked for.
    """
    said = wire.clean(" ".join(reply.content[:_TOLD].decode(errors="replace").split()))
    try:
        told = reply.json()
    except Transient:
        if "denied" in said.casefold() or said.startswith("<"):
            raise ProviderRefused(f"{reply.raw.url} answered {said!r}; {_ACCESS}") from None
        raise
    if not isinstance(told, Mapping) or not isinstance(told.get("data"), list) or not _good(told):
        raise ProviderRefused(f"{reply.raw.url} answered {said!r}; {_ACCESS}")
    shown = _shown_until(told)
    if last is not None and shown is not None and shown < last.isoformat():
        raise ProviderRefused(
            f"acled shows this account nothing after {shown}, so that later days would look peaceful; ask for days up"
            " to then, or ask ACLED for access to later ones"
        )


_ACCESS = (
    "the account may lack access to the API (a name and a password that log in are not enough): look at its access"
    " level on the pages of ACLED"
)


def _good(told: Mapping[str, Any]) -> bool:
    return told.get("success", True) is True and str(told.get("status", _TOLD)) == "200"


def _shown_until(told: Mapping[str, Any]) -> str | None:
    """The last day that the account may see, as ISO text; None where nothing is held back."""
    found: object = told
    for key in ("data_query_restrictions", "date_recency", "date"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found[:10] if isinstance(found, str) else None


def _check_that_others_are_shown(door: _Door, country: Params, wire: Wire) -> None:
    """Nothing, where the account is shown some event of the country, on whatever day.

    Raises:
        ProviderRefused: It is shown none, so that it cannot be told from one that may see nothing.
    """
    reply = door.ask(_EVENTS, {**country, "limit": 1}, Ask(INDEX.role, sound=lambda reply: _check(reply, wire)))
    if not _rows(reply):
        raise ProviderRefused(f"acled shows this account no event there on any day; {_ACCESS}")
