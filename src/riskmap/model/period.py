"""Periods: half-open stretches of whole days, one calendar step long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast, get_args

from riskmap.errors import CaseError

Step = Literal["day", "week", "month", "quarter", "year"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, order=True)
class Period:
    """One half-open stretch of time, `[start, end)`, aligned to its calendar step.

    Weeks start on Monday (ISO 8601); months, quarters and years on their first day.
    """

    start: date
    step: Step = "month"

    def __post_init__(self) -> None:
        if floor(self.start, self.step) != self.start:
            raise CaseError(
                f"{self.start} does not start a {self.step}; the last start is {floor(self.start, self.step)}"
            )

    @property
    def end(self) -> date:
        """First day after the period."""
        if self.step in _DAYS:
            return self.start + timedelta(days=_DAYS[self.step])
        return _add_months(self.start, _MONTHS[self.step])

    @property
    def last_day(self) -> date:
        """Last day inside the period: the day at which stocks and decays are read."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        """Length in whole days."""
        return (self.end - self.start).days

    @property
    def label(self) -> str:
        """Short, sortable name: `2022-01-31`, `2022-W05`, `2022-01`, `2022-Q1` or `2022`."""
        if self.step == "day":
            return self.start.isoformat()
        if self.step == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02d}"
        if self.step == "month":
            return f"{self.start:%Y-%m}"
        if self.step == "quarter":
            return f"{self.start.year}-Q{(self.start.month - 1) // 3 + 1}"
        return f"{self.start.year}"

    def shift(self, steps: int) -> Period:
        """The period so many steps later, or earlier where negative."""
        if self.step in _DAYS:
            return Period(self.start + timedelta(days=_DAYS[self.step] * steps), self.step)
        return Period(_add_months(self.start, _MONTHS[self.step] * steps), self.step)


def step_of(text: str) -> Step:
    """A calendar step by its name.

    Raises:
        CaseError: There is none of that name.
    """
    for step in get_args(Step):
        if step == text:
            return cast(Step, step)
    raise CaseError(f"{text!r} is not a step; use one of {', '.join(get_args(Step))}")


def floor(day: date, step: Step) -> date:
    """The first day of the step that holds `day`."""
    step_of(step)
    if step == "day":
        return day
    if step == "week":
        return day - timedelta(days=day.weekday())
    if step == "month":
        return day.replace(day=1)
    if step == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def period_range(first: date, last: date, step: Step = "month") -> tuple[Period, ...]:
    """Every period from the one that holds `first` to the one that holds `last`, both included.

    Raises:
        CaseError: `last` lies before `first`, or the step is unknown.
    """
    if last < first:
        raise CaseError(f"the periods end ({last}) before they start ({first}); give the later one as 'end'")
    periods = [Period(floor(first, step), step)]
    while periods[-1].end <= last:
        periods.append(periods[-1].shift(1))
    return tuple(periods)


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
