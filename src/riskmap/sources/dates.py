"""Dates as providers write them: one format for a whole column, never one for each row.

A day of 12 or less reads as well day-first as month-first, so a format guessed row by row swaps some rows in silence.
The whole column decides, and where it cannot, the user is asked.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Days = npt.NDArray[np.datetime64]

DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%m.%d.%Y",
    "%d %B %Y",
    "%d-%B-%Y",
    "%B %d, %Y",
)
"""Formats looked for, in the notation of `strptime`; `%B` takes any English month name or its beginning."""

_FIELDS = {
    "%d": r"(?P<day>\d{1,2})",
    "%m": r"(?P<month>\d{1,2})",
    "%b": r"(?P<month>[A-Za-z]{3,9})\.?",
    "%B": r"(?P<month>[A-Za-z]{3,9})\.?",
    "%Y": r"(?P<year>\d{4})",
    "%y": r"(?P<year>\d{2})",
}
_TIME = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|UTC|[AaPp][Mm]|[+-]\d{2}:?\d{2})?)?"
_MONTHS = pa.array(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_TOLERATED = 0.1


def parse_days(text: pa.Array, date_format: str) -> Days | None:
    """Texts as days, not-a-time where they are no such date; a time of day behind the date is left aside.

    Args:
        text: Trimmed texts, shape (rows,).
        date_format: `strptime` notation of day, month and year (`%d %m %b %B %Y %y`); two-digit years from 69 on are
            those of the 20th century, as in POSIX.

    Returns:
        Shape (rows,); None where the format lacks a day, a month or a year, or names one twice.
    """
    pattern = _pattern(date_format)
    if pattern is None:
        return None
    unique = pc.unique(text)
    parts = pc.extract_regex(unique, pattern)
    if "%b" in date_format or "%B" in date_format:
        names = pc.utf8_lower(pc.utf8_slice_codeunits(pc.struct_field(parts, "month"), 0, 3))
        month = pc.add(pc.index_in(names, _MONTHS), 1)
    else:
        month = pc.struct_field(parts, "month")
    year = _whole(pc.struct_field(parts, "year"))
    if "%y" in date_format:
        year = year + np.where(year < 0, 0, np.where(year < 69, 2000, 1900))
    days = _days(year, _whole(month), _whole(pc.struct_field(parts, "day")))
    found: Days = days[np.asarray(pc.index_in(text, unique).to_numpy(zero_copy_only=False), dtype=np.int64)]
    return found


def choose_format(text: pa.Array) -> tuple[str | None, str]:
    """The one format of a column, or None and the reason why there is none.

    The format that reads the most values wins, if it reads more than half of them. Between day-first and month-first
    the days above 12 decide; where there are none, or where a tenth or more of them contradict the others, nothing is
    chosen.
    """
    counted = pc.value_counts(pc.drop_null(text))
    values, counts = pc.struct_field(counted, "values"), np.asarray(pc.struct_field(counted, "counts"))
    if not len(values):
        return DATE_FORMATS[0], ""
    parsed = {candidate: _parsed(values, candidate) for candidate in DATE_FORMATS}
    read = {candidate: int(counts[~np.isnat(days)].sum()) for candidate, days in parsed.items()}
    best = max(DATE_FORMATS, key=lambda candidate: read[candidate])
    if read[best] * 2 <= counts.sum():
        return None, f"no date format fits most values, such as {values[0].as_py()!r}"
    rival = best.translate(str.maketrans("dm", "md"))
    if rival not in parsed or np.array_equal(parsed[best], parsed[rival], equal_nan=True):
        return best, ""
    ours = int(counts[~np.isnat(parsed[best]) & np.isnat(parsed[rival])].sum())
    theirs = int(counts[np.isnat(parsed[best]) & ~np.isnat(parsed[rival])].sum())
    if theirs >= max(1, _TOLERATED * ours) or ours == 0:
        return None, f"{values[0].as_py()!r} and the others may be {best} as well as {rival}"
    return best, ""


def _parsed(text: pa.Array, date_format: str) -> Days:
    days = parse_days(text, date_format)
    return np.full(len(text), np.datetime64("NaT", "D")) if days is None else days


def _pattern(date_format: str) -> str | None:
    tokens = re.split(r"(%.)", date_format)
    pattern = "".join(_FIELDS.get(token, re.escape(token)) for token in tokens)
    parts = sorted(re.findall(r"\?P<(\w+)>", pattern))
    return f"^{pattern}{_TIME}$" if parts == ["day", "month", "year"] else None


def _whole(values: pa.Array) -> npt.NDArray[np.int64]:
    """Whole numbers, -1 where there is none."""
    filled = pc.fill_null(pc.cast(values, pa.int64()), -1)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)


def _days(year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]) -> Days:
    """Days of the calendar; not-a-time where there is no such day."""
    possible = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = (np.where(possible, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(possible, day - 1, 0)
    possible &= days.astype("datetime64[M]") == months
    return np.where(possible, days, np.datetime64("NaT", "D"))
