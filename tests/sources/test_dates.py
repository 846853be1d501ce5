"""Dates: the whole column decides on one format, and asks where it cannot."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.sources.dates import DATE_FORMATS, choose_format, parse_days


def day(text: str, date_format: str) -> str:
    days = parse_days(pa.array([text]), date_format)
    assert days is not None
    return str(days[0])


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("2022-04-05", "%Y-%m-%d", "2022-04-05"),
        ("2014-01-22 00:00:00.000", "%Y-%m-%d", "2014-01-22"),
        ("2017-09-30T00:00:00", "%Y-%m-%d", "2017-09-30"),
        ("2023-11-06T11:00:00.000Z", "%Y-%m-%d", "2023-11-06"),
        ("2023-11-06T11:00:00+03:00", "%Y-%m-%d", "2023-11-06"),
        ("05/04/2022", "%d/%m/%Y", "2022-04-05"),
        ("05/04/2022", "%m/%d/%Y", "2022-05-04"),
        ("1/1/96", "%m/%d/%y", "1996-01-01"),
        ("9/17/19", "%m/%d/%y", "2019-09-17"),
        ("13 May 2022", "%d %B %Y", "2022-05-13"),
        ("01-Sept-2021", "%d-%b-%Y", "2021-09-01"),
        ("May 3, 2022", "%B %d, %Y", "2022-05-03"),
        ("2024-02-29", "%Y-%m-%d", "2024-02-29"),
        ("2023-02-29", "%Y-%m-%d", "NaT"),
        ("31/13/2022", "%d/%m/%Y", "NaT"),
        ("13 Mayday? 2022", "%d %B %Y", "NaT"),
        ("12 Foo 2022", "%d %B %Y", "NaT"),
        ("0000-01-01", "%Y-%m-%d", "NaT"),
        ("2022-04-05 and more", "%Y-%m-%d", "NaT"),
        ("", "%Y-%m-%d", "NaT"),
    ],
)
def test_parsing(text: str, date_format: str, expected: str) -> None:
    assert day(text, date_format) == expected


def test_null_is_no_date() -> None:
    days = parse_days(pa.array(["2022-01-01", None, "2022-01-01"]), "%Y-%m-%d")
    assert np.array_equal(np.isnat(days), [False, True, False])


@pytest.mark.parametrize("date_format", ["", "%Y-%m", "%H:%M", "%d %d %Y", "%Y-%m-%d %Y"])
def test_a_format_needs_day_month_and_year_once(date_format: str) -> None:
    assert parse_days(pa.array(["2022-01-01"]), date_format) is None


@pytest.mark.parametrize("date_format", DATE_FORMATS)
@given(st.dates(min_value=date(1000, 1, 1)))
def test_what_is_written_is_read_back(date_format: str, written: date) -> None:
    assert day(written.strftime(date_format), date_format) == written.isoformat()


def test_one_day_above_twelve_decides_for_the_whole_column() -> None:
    assert choose_format(pa.array(["01/02/2022", "03/04/2022", "13/04/2022"])) == ("%d/%m/%Y", "")
    assert choose_format(pa.array(["01/02/2022", "03/04/2022", "04/13/2022"])) == ("%m/%d/%Y", "")


def test_where_nothing_decides_nothing_is_chosen() -> None:
    chosen, problem = choose_format(pa.array(["01/02/2022", "03/04/2022"]))
    assert chosen is None
    assert problem == "'01/02/2022' and the others may be %d/%m/%Y as well as %m/%d/%Y"


def test_where_both_read_the_same_day_it_does_not_matter() -> None:
    assert choose_format(pa.array(["01/01/2022", "02/02/2022"])) == ("%d/%m/%Y", "")


def test_a_rare_slip_does_not_overturn_the_column_but_a_mixture_does() -> None:
    right = [f"{number}/01/2022" for number in range(13, 32)]
    assert choose_format(pa.array([*right, "01/31/2022"])) == ("%d/%m/%Y", "")
    assert choose_format(pa.array([*right, "01/31/2022", "01/30/2022"]))[0] is None


def test_a_column_of_something_else_has_no_format() -> None:
    assert choose_format(pa.array(["soon", "later", "2022-01-01"])) == (
        None,
        "no date format fits most values, such as 'soon'",
    )


def test_an_empty_column_takes_any() -> None:
    assert choose_format(pa.array([None, None], pa.string())) == ("%Y-%m-%d", "")
