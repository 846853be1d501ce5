"""IBTrACS over the network: whole lists as files, the shortest that reaches back far enough."""

from __future__ import annotations

from datetime import date

from riskmap.errors import FetchError
from riskmap.model.raw import Asked
from riskmap.sources.wire import Ask, Reply, Wire

_LISTS = ("last3years", "since1980", "ALL")


def fetch(asked: Asked, wire: Wire) -> None:
    """Asks for one list after the other until one begins by the first day.

    Raises:
        FetchError: The provider did not give it, or its list does not say when it begins.
    """
    for name in _LISTS:
        reply = _list(wire, name, "records")
        if _begins(reply) <= asked.start:
            return


def check(wire: Wire) -> None:
    """Asks for the list of storms under way, which is small.

    Raises:
        FetchError: The provider does not give it.
    """
    _list(wire, "ACTIVE", "index")


def _list(wire: Wire, name: str, role: str) -> Reply:
    ask = Ask("records" if role == "records" else "index", sound=_check_header)
    return wire.get(wire.at("csv", f"ibtracs.{name}.list.v04r01.csv"), ask=ask)


def _begins(reply: Reply) -> date:
    """The day of the first position; positions come in the order of the storms' beginnings."""
    with reply.raw.path.open(encoding="utf-8", errors="replace") as file:
        names, _units, first = (file.readline().rstrip("\r\n").split(",") for _ in range(3))
    try:
        return date.fromisoformat(first[names.index("ISO_TIME")][:10])
    except (ValueError, IndexError):
        raise FetchError(f"{reply.raw.url} does not begin with a position and its time; look at it") from None


def _check_header(reply: Reply) -> None:
    with reply.raw.path.open("rb") as file:
        head = file.read(200).decode("utf-8", errors="replace")
    if not head.startswith("SID,"):
        raise FetchError(f"{reply.raw.url} is no list of tracks; it begins with {head[:80]!r}")
