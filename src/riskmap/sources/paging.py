"""Paging: the ways in which providers cut long answers into pages, as small pieces to be put together.

Each gives replies one after the other, each kept before the next is asked for, so that a fetch that breaks off goes on
where it was. All are bounded, and none follows a provider that gives the same page for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from riskmap.errors import FetchError
from riskmap.sources.wire import Reply

MOST_PAGES = 10_000

Params = Mapping[str, str | int]


def numbered(
    ask: Callable[[Params], Reply],
    over: Callable[[Reply], bool],
    *,
    parameter: str = "page",
    first: int = 1,
    step: int = 1,
) -> Iterator[Reply]:
    """Pages known by a number or an offset, up to and with the one after which it is over.

    Args:
        ask: Gives the page that some parameters name.
        over: Whether a page is the last.
        parameter: Name of the number or offset.
        first: Of the first page.
        step: From one page to the next; the size of a page where pages are told by offset.

    Raises:
        FetchError: Two pages in a row are the same, or there is no end.
    """
    before = ""
    for turn in range(MOST_PAGES):
        reply = ask({parameter: first + turn * step})
        _check_new(reply, before)
        yield reply
        if over(reply):
            return
        before = reply.raw.sha256
    raise FetchError(f"{reply.raw.url} is page {MOST_PAGES:,} and still not the last; ask for less at a time")


def linked(ask: Callable[[str], Reply], first: str, following: Callable[[Reply], str | None]) -> Iterator[Reply]:
    """Pages each of which names the next.

    Args:
        ask: Gives the page at an address.
        first: Address of the first.
        following: Address of the page after a page; None at the end. A secret that the provider put into it was
            overwritten with asterisks like every other, so `ask` gives it again, as a parameter.

    Raises:
        FetchError: A page leads back to one that was there, or there is no end.
    """
    reply = ask(first)
    seen = {first}
    while True:
        yield reply
        address = following(reply)
        if address is None:
            return
        if address in seen or len(seen) >= MOST_PAGES:
            raise FetchError(f"{reply.raw.url} leads back to a page that was there, or never ends; not followed")
        seen.add(address)
        reply = ask(address)


def until_short(size: int, rows: Callable[[Reply], Sequence[object]]) -> Callable[[Reply], bool]:
    """Over after a page with fewer rows than a full one."""
    return lambda reply: len(rows(reply)) < size


def _check_new(reply: Reply, before: str) -> None:
    if reply.raw.sha256 == before:
        raise FetchError(f"{reply.raw.url} gives the same page as the one before it; the provider ignores paging")
