"""Releases of UCDP GED: which days each lists, and which of two is believed.

```
25.1          yearly: 1989 to the end of 2024, final
26.01.26.06   candidates of January to June 2026
26.0.7        candidates of July 2026
```

A yearly release stands in place of all candidates of its days, and one of several months in place of those of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from riskmap.sources.source import Cover

_FIRST_DAY = date(1989, 1, 1)
_YEARLY, _MONTHS, _MONTH = 3, 2, 1
_FORMS = {
    _YEARLY: re.compile(r"(?P<year>\d{1,2})\.0*(?P<part>[1-9])"),
    _MONTHS: re.compile(r"(?P<year>\d{2})\.0?1\.(?P=year)\.(?P<month>0?[1-9]|1[0-2])"),
    _MONTH: re.compile(r"(?P<year>\d{2})\.00?\.(?P<month>0?[1-9]|1[0-2])"),
}
_FILE = re.compile(r"GEDEvent_v(\d+(?:_\d+)+)", re.IGNORECASE)
_QUARTER_ENDS = (12, 9, 6, 3)


@dataclass(frozen=True)
class Release:
    """One release.

    Args:
        name: As UCDP writes it, such as `25.1`.
        rank: 3 for a yearly one, 2 for several months of candidates, 1 for one month.
        start: First day that it lists.
        end: First day after.
    """

    name: str
    rank: int
    start: date
    end: date

    @property
    def final(self) -> bool:
        """Whether its events are no candidates."""
        return self.rank == _YEARLY

    @property
    def version(self) -> str:
        """Text that sorts as releases are believed."""
        return f"{self.rank}." + ".".join(part.zfill(2) for part in self.name.split("."))

    @property
    def cover(self) -> Cover:
        """Its days; of two releases of one kind the later one ranks higher."""
        numbers = [int(part) for part in self.name.split(".")]
        return Cover(self.start, self.end, self.rank * 10_000 + numbers[0] * 100 + numbers[-1])


def release(name: str) -> Release | None:
    """The release of that name; None where it is none."""
    for rank, form in _FORMS.items():
        found = form.fullmatch(name)
        if found is not None:
            month = 12 if rank == _YEARLY else int(found["month"])
            return _release(name, rank, 2000 + int(found["year"]), month)
    return None


def release_of_file(name: str) -> Release | None:
    """The release that a file's name tells, such as `GEDEvent_v26_0_8.csv`; None where it tells none."""
    found = _FILE.search(name)
    return release(found[1].replace("_", ".")) if found else None


def yearly(newest: date) -> Iterator[Release]:
    """Yearly releases that may be there on a day, newest first, down to the first that the API has."""
    for year in range(newest.year, 2016, -1):
        yield _release(f"{year % 100}.1", _YEARLY, year, 12)


def months_together(year: int, first: int, today: date) -> Iterator[Release]:
    """Releases of candidates of a year from January on that hold a month, longest first, as far as they may be out."""
    for month in _QUARTER_ENDS:
        if month >= first and _month_after(year, month) <= today:
            yield _release(f"{year % 100}.01.{year % 100}.{month:02d}", _MONTHS, year, month)


def one_month(year: int, month: int) -> Release:
    """The release of the candidates of one month."""
    return _release(f"{year % 100}.0.{month}", _MONTH, year, month)


def _release(name: str, rank: int, year: int, month: int) -> Release:
    """A release by the year in its name and its last month."""
    if rank == _YEARLY:
        return Release(name, rank, _FIRST_DAY, date(year, 1, 1))
    return Release(name, rank, date(year, 1 if rank == _MONTHS else month, 1), _month_after(year, month))


def _month_after(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)
