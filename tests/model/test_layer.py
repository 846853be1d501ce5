"""Layers: one schema, checked once; repetition and order of records mean nothing."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import LayerError
from riskmap.model.layer import SCHEMA, Layer


def columns(**given_columns: object) -> dict[str, object]:
    return {
        "record_id": ["a"],
        "source": "demo",
        "theme": "conflict",
        "measure": "events",
        "kind": "flow",
        "spread": "extensive",
        "value": 1.0,
        "unit": "events",
        "start": [0],
        "end": [86_400],
        "pcode": "XM01",
        "pcode_level": 1,
        "licence": "none",
    } | given_columns


def test_what_is_not_given_is_null_or_its_default() -> None:
    row = Layer.build(columns()).table.to_pylist()[0]
    assert (row["geometry"], row["assessed"], row["time_precision"], row["geo_precision"]) == (
        None,
        True,
        "day",
        "none",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theme": "weather"}, "'theme' holds \\['weather'\\]"),
        ({"end": [-1]}, "ends before it starts"),
        ({"pcode": None}, "exactly one way"),
        ({"href": "people.tif"}, "exactly one way"),
        ({"pcode_level": None}, "needs its pcode_level"),
        ({"source": None}, "'source' has 1 nulls"),
        ({"value": ["many"]}, "'value' does not fit double"),
        ({"colour": "red"}, "no such columns.*colour"),
    ],
)
def test_what_breaks_the_schema_is_told(change: dict[str, object], message: str) -> None:
    with pytest.raises(LayerError, match=message):
        Layer.build(columns(**change))


def test_a_table_of_other_columns_is_refused() -> None:
    with pytest.raises(LayerError, match=r"missing.*'value'.*not known \['extra'\].*another type \['low'\]"):
        Layer(pa.table({"low": ["1"], "extra": [2]}))


def test_no_records_are_a_layer_too() -> None:
    assert len(Layer.empty()) == 0
    assert len(Layer.concat([])) == 0
    assert len(Layer.empty().canonical()) == 0


def test_arrow_columns_are_taken_as_they_are() -> None:
    layer = Layer.build(columns(value=pa.chunked_array([[2]]), low=pa.array([1.5])))
    assert layer.table.select(["value", "low"]).to_pylist() == [{"value": 2.0, "low": 1.5}]


def test_days_are_taken_as_days_whatever_their_unit() -> None:
    days = np.array(["2024-02-01", "2024-02-02", "2024-02-03"], "datetime64[D]")
    layer = Layer.build(columns(record_id=["a", "b", "c"], start=days, end=days.astype("datetime64[ns]")))
    expected = [datetime(2024, 2, day, tzinfo=UTC) for day in (1, 2, 3)]
    assert layer.table["start"].to_pylist() == expected == layer.table["end"].to_pylist()


def test_of_and_only_choose_records() -> None:
    layer = Layer.build(columns(record_id=["a", "b"], start=[0, 0], end=[1, 1], measure=["events", "deaths"]))
    assert len(layer.of("deaths")) == 1
    assert len(layer.only(pc.equal(layer.table["record_id"], "c"))) == 0


RECORDS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", None]), st.floats(0, 9), st.sampled_from(["m", "n"])),
    min_size=1,
    max_size=12,
)


def layer_of(records: list[tuple[str, str | None, float, str]]) -> Layer:
    ids, versions, values, measures = zip(*records, strict=True)
    count = len(records)
    return Layer.build(
        columns(
            record_id=list(ids),
            version=list(versions),
            value=list(values),
            measure=list(measures),
            start=[0] * count,
            end=[1] * count,
        )
    )


@given(RECORDS, st.randoms())
def test_order_and_repetition_of_records_mean_nothing(records, random) -> None:
    shuffled = records * 2
    random.shuffle(shuffled)
    assert layer_of(shuffled).canonical().table.equals(layer_of(records).canonical().table)


def test_the_highest_version_of_a_record_is_kept() -> None:
    layer = layer_of([("a", "2", 5.0, "m"), ("a", "1", 9.0, "m"), ("a", None, 7.0, "m"), ("a", "1", 3.0, "n")])
    assert layer.canonical().table.select(["measure", "value"]).to_pylist() == [
        {"measure": "m", "value": 5.0},
        {"measure": "n", "value": 3.0},
    ]


def test_the_schema_names_every_column_once() -> None:
    assert len(set(SCHEMA.names)) == len(SCHEMA.names)
