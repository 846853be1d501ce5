"""What a case may say of a table, and what it must."""

import pytest
from pydantic import ValidationError

from riskmap.sources.table_options import MeasureOptions, TableOptions

INDEX = {"column": "v", "unit": "%", "kind": "index", "spread": "intensive", "theme": "vulnerability"}
TABLE = {"pcode": "code", "level": 2, "year": "year", "measures": {"poverty": INDEX}}


def test_a_measure_is_taken_from_its_column() -> None:
    assert MeasureOptions(**INDEX).of == "v"
    assert MeasureOptions(**INDEX | {"column": None, "count_distinct": "org"}).of == "org"


@pytest.mark.parametrize("way", [{"column": None}, {"filled": "v"}, {"count_distinct": "v"}])
def test_a_measure_is_taken_in_exactly_one_way(way: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="exactly one of column, count_distinct and filled"):
        MeasureOptions(**INDEX | way)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"pcode": None}, "give pcode or place or both"),
        ({"header_rows": 3}, "Input should be 1 or 2"),
        ({"measures": {"poverty": INDEX | {"overlap": "the poor"}}}, "overlap is one of conflict-events"),
        ({"level": 6}, "level is 0 to 5"),
        ({"year": None}, "exactly one of start"),
        ({"start": "from"}, "exactly one of start"),
        ({"end": "to"}, "a column of years says its end itself"),
        ({"year": None, "start": "from"}, "exactly one of end"),
        ({"year": None, "start": "from", "end": "to", "step": "month"}, "exactly one of end"),
        ({"measures": {}}, "at least 1 item"),
        ({"measures": {"poverty": INDEX | {"kind": "hazard"}}}, "Input should be 'stock'"),
    ],
)
def test_place_and_time_are_told_in_exactly_one_way(changes: dict[str, object], problem: str) -> None:
    assert TableOptions(**TABLE).level == 2
    assert TableOptions(**TABLE | {"place": "name"}).place == "name"
    with pytest.raises(ValidationError, match=problem):
        TableOptions(**TABLE | changes)
