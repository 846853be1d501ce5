"""Options are checked before anything is read, and one filter chooses rows for every source that has one."""

import numpy as np
import pyarrow as pa
import pytest

from riskmap.errors import InputError
from riskmap.sources.columns import Table
from riskmap.sources.options import Given, Wanted, checked, matching


class Speed(Given):
    """Something to check."""

    limit: int
    unit: str = "km/h"


@pytest.fixture
def table() -> Table:
    columns = {"country": ["SOM", "SOM", "KEN", None], "level": ["1", "2", "2", "2"]}
    return Table("t.csv", {name: pa.array(values) for name, values in columns.items()}, np.arange(1, 5))


def test_options_become_a_value(raw) -> None:
    assert checked(Speed, raw("x"), {"limit": 60}) == Speed(limit=60)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "file.csv: option limit: is missing"),
        ({"limit": 60, "colour": "red"}, "option colour: is not known; remove it or mend its spelling"),
        ({"limit": "fast"}, "option limit: Input should be a valid integer"),
    ],
)
def test_the_first_wrong_option_is_named(raw, options: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        checked(Speed, raw("x"), options)


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ({}, [True, True, True, True]),
        ({"country": "SOM"}, [True, True, False, False]),
        ({"country": ["SOM", "KEN"], "level": 2}, [False, True, True, False]),
    ],
)
def test_a_filter_keeps_rows_that_hold_what_is_wanted(
    table: Table, where: dict[str, Wanted | list[Wanted]], kept: list[bool]
) -> None:
    assert matching(table, where).tolist() == kept


def test_a_filter_that_keeps_nothing_tells_what_there_is(table: Table) -> None:
    with pytest.raises(InputError, match=r"t.csv, field 'country': no row matches where; its values are 'KEN', 'None'"):
        matching(table, {"country": "SDN"})
    with pytest.raises(InputError, match="no column 'iso3'; found 'country', 'level'"):
        matching(table, {"iso3": "SOM"})
