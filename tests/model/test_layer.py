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


def known(records: list[tuple[str, str | None, str | None]]) -> Layer:
    """Records by id, day of publication and day of receipt."""
    ids, published, retrieved = zip(*records, strict=True)
    moments = [
        [None if day is None else datetime.fromisoformat(f"{day}T12:00Z") for day in days]
        for days in (published, retrieved)
    ]
    count = len(records)
    told = {"record_id": list(ids), "start": [0] * count, "end": [1] * count}
    return Layer.build(columns(**told, published=moments[0], retrieved=moments[1]))


def test_a_record_is_known_when_it_was_received_or_else_published() -> None:
    layer = known(
        [
            ("received", "2024-01-01", "2024-01-02"),
            ("received later", "2024-01-01", "2024-03-01"),
            ("published", "2024-01-01", None),
            ("published later", "2024-03-01", None),
            ("says nothing", None, None),
        ]
    )
    then = layer.known_by(datetime(2024, 2, 1, tzinfo=UTC))
    assert then.table["record_id"].to_pylist() == ["received", "published", "says nothing"]


def test_a_withdrawn_record_takes_its_earlier_versions_back_and_needs_no_place() -> None:
    told = columns(
        record_id=["a", "a", "b"], version=["1", "2", "1"], start=[0] * 3, end=[1] * 3, withdrawn=[False, True, False]
    )
    layer = Layer.build(told | {"pcode": ["XM01", None, "XM01"], "pcode_level": [1, None, 1]})
    assert layer.canonical().table["record_id"].to_pylist() == ["a", "b"], "history is kept"
    assert layer.standing().table["record_id"].to_pylist() == ["b"]


def test_a_later_version_stands_again_after_a_withdrawal() -> None:
    told = columns(record_id=["a", "a"], version=["2", "3"], start=[0] * 2, end=[1] * 2, withdrawn=[True, False])
    assert len(Layer.build(told).standing()) == 1


def test_a_name_may_stand_beside_a_code_and_an_unknown_overlap_group_may_not() -> None:
    assert Layer.build(columns(place="Ovanté")).table["place"].to_pylist() == ["Ovanté"]
    with pytest.raises(LayerError, match=r"overlap_group.*\['everything'\]"):
        Layer.build(columns(overlap_group="everything"))


def test_a_record_without_any_place_is_refused() -> None:
    with pytest.raises(LayerError, match="exactly one way"):
        Layer.build(columns(pcode=None, pcode_level=None))


def test_the_same_records_several_times_are_held_once() -> None:
    layer = Layer.build(columns(record_id=["a", "b"], start=[0] * 2, end=[1] * 2))
    both = layer.repeated([{"measure": "events", "value": 1.0}, {"measure": "deaths", "value": [2.0, 3.0]}])
    assert both.table["record_id"].to_pylist() == ["a", "b", "a", "b"]
    assert both.table["measure"].to_pylist() == ["events", "events", "deaths", "deaths"]
    assert both.table["value"].to_pylist() == [1.0, 1.0, 2.0, 3.0]
    first, second = both.table["record_id"].chunks[-2:]
    assert first.buffers()[2].address == second.buffers()[2].address


@pytest.mark.parametrize("length", [1, 65_536, 65_537, 200_000])
def test_what_all_records_share_costs_no_memory(length: int) -> None:
    ids = pa.array(range(length)).cast(pa.string())
    table = Layer.build(columns(record_id=ids, start=[0] * length, end=[1] * length)).table
    assert table["licence"].to_pylist() == ["none"] * length
    assert len({chunk.buffers()[2].address for chunk in table["licence"].chunks}) == 1
    assert table["href"].null_count == length
