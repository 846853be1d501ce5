"""Columns: bound by name, parsed strictly, and every row that is refused is counted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import InputError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.columns import (
    Measured,
    Quarantine,
    Table,
    integer_option,
    layer_of,
    listed,
    points,
    received,
    revisable,
    text_option,
    worded,
)

RAW = Raw(Path("some.csv"), "some.csv", "")


def table(**columns: Sequence[str | None]) -> Table:
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return Table("some.csv", arrays, np.arange(1, len(next(iter(arrays.values()))) + 1))


def test_a_column_is_found_whatever_its_case_and_spaces() -> None:
    found = table(**{" IDPs  (individuals) ": ["1"], "Other": ["2"]})
    assert found.find("missing", "idps (INDIVIDUALS)") == " IDPs  (individuals) "
    assert found.text("idps (individuals)").to_pylist() == ["1"]
    assert found.find("absent") is None
    assert found.optional("absent").to_pylist() == [None]


def test_a_missing_column_is_told_beside_what_there_is() -> None:
    with pytest.raises(InputError, match="no column 'a' or 'b'; found 'x', 'y'"):
        table(x=["1"], y=["2"]).text("a", "b")


def test_a_name_borne_twice_is_refused() -> None:
    with pytest.raises(InputError, match="2 columns have this name"):
        table(a=["1"], **{"A ": ["2"]}).find("a")


def test_long_lists_are_cut() -> None:
    assert listed([]) == "none"
    assert listed(f"c{number}" for number in range(14)).endswith("'c11' and 2 more")


def test_na_is_namibia_and_no_number() -> None:
    rows = Quarantine(table(iso2=["NA"], value=["NA"]))
    assert np.isnan(rows.numbers("value")).all()
    assert rows.reading(Layer.empty()).quarantined == {"value: not a number": 1}


@pytest.mark.parametrize(
    ("text", "number"),
    [("6", 6), ("-1.5", -1.5), ("+2", 2), ("1e3", 1000), (".5", 0.5), ("5.", 5), ("15960.0", 15960)],
)
def test_numbers(text: str, number: float) -> None:
    rows = Quarantine(table(value=[text]))
    assert rows.numbers("value").tolist() == [number]
    assert rows.kept.all()


@pytest.mark.parametrize("text", ["nan", "inf", "1,000", "300 - 400", "1e999", "0x10", "12 people", "--1", "1_000"])
def test_what_is_no_number_is_refused_and_named(text: str) -> None:
    rows = Quarantine(table(value=["1", text]))
    assert np.isnan(rows.numbers("value")[1])
    reading = rows.reading(Layer.empty())
    assert reading.quarantined == {"value: not a number": 1}
    assert reading.examples == {"value: not a number": (f"row 2: value = {text!r}",)}


def test_emptiness_is_refused_only_where_a_value_is_needed() -> None:
    rows = Quarantine(table(value=["1", None]))
    assert np.isnan(rows.numbers("value", required=False)[1])
    assert rows.kept.all()
    rows.numbers("value")
    reading = rows.reading(Layer.empty(), ["a note"])
    assert (reading.read, reading.accepted, reading.notes) == (2, 1, ("a note",))
    assert reading.examples == {"value: missing": ("row 2: value is empty",)}
    assert np.isnan(rows.numbers("absent", required=False)).all()
    with pytest.raises(InputError, match="no column 'absent'"):
        rows.numbers("absent")


def test_an_example_does_not_call_a_cell_empty_whose_text_it_may_not_tell() -> None:
    rows = Quarantine(table(value=["a shelter", None]))
    rows.refuse(np.array([True, True]), "value: not kept", "value")
    assert rows.reading(Layer.empty()).examples == {"value: not kept": ("row 1: value", "row 2: value is empty")}


def test_a_row_is_refused_for_the_first_reason_only() -> None:
    rows = Quarantine(table(a=["x", "1"], b=["y", "2"]))
    rows.numbers("a")
    rows.numbers("b")
    rows.refuse(np.array([False, False]), "never met")
    assert rows.reading(Layer.empty()).quarantined == {"a: not a number": 1}


def test_five_examples_are_kept_of_many() -> None:
    rows = Quarantine(table(a=["x"] * 9))
    rows.refuse(np.arange(9) < 3, "bad")
    rows.refuse(np.arange(9) >= 3, "bad")
    reading = rows.reading(Layer.empty())
    assert reading.quarantined == {"bad": 9}
    assert reading.examples == {"bad": ("row 1", "row 2", "row 3", "row 4", "row 5")}


def test_malformed_rows_are_refused_at_once() -> None:
    broken = Table("some.csv", {"a": pa.array(["1"])}, np.array([1]), malformed=((2, "3"),))
    reading = Quarantine(broken).reading(Layer.empty())
    assert (reading.read, reading.accepted) == (2, 1)
    assert reading.examples == {"another number of cells than the header": ("row 2: 3 cells",)}


def test_the_mask_handed_out_is_a_copy() -> None:
    rows = Quarantine(table(a=["1"]))
    rows.kept[:] = False
    assert rows.kept.all()


def test_one_date_format_for_all_columns_together() -> None:
    """The start alone could be read both ways; the end decides for both."""
    both = table(start=["01/02/2022"], end=["13/02/2022"])
    assert both.date_format("start", "end", "absent") == "%d/%m/%Y"
    assert both.date_format("start", given="%m/%d/%Y") == "%m/%d/%Y"
    with pytest.raises(InputError, match="give the option date_format") as refused:
        both.date_format("start")
    assert refused.value.field == "start"


def test_days_that_cannot_be_read_are_refused() -> None:
    rows = Quarantine(table(when=["2022-01-31", None, "soon"]))
    assert rows.days("%Y-%m-%d", "when").astype(str).tolist() == ["2022-01-31", "1970-01-01", "1970-01-01"]
    assert rows.reading(Layer.empty()).quarantined == {
        "when: missing": 1,
        "when: not a date of the form %Y-%m-%d": 1,
    }
    with pytest.raises(InputError, match="date_format '%Y' lacks day, month or year"):
        rows.days("%Y", "when")


def test_rows_can_be_chosen_and_notes_added() -> None:
    chosen = table(a=["1", "2", "3"]).where(np.array([False, True, True])).noting("one left aside")
    assert (len(chosen), chosen.rows.tolist(), chosen.notes) == (2, [2, 3], ("one left aside",))


def test_the_newest_of_an_id_stays() -> None:
    rows = Quarantine(table(id=["a", "a", None, None, "b"], stamp=["1", "2", "1", "2", "x"]))
    stamp = rows.numbers("stamp")
    rows.keep_newest(pa.array(["a", "a", None, None, "a"]), "older", stamp)
    assert rows.kept.tolist() == [False, True, True, True, False]
    assert rows.reading(Layer.empty()).quarantined == {"older": 1, "stamp: not a number": 1}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.sampled_from("xy")), min_size=1), st.randoms()
)
def test_which_of_an_id_stays_does_not_depend_on_the_order(rows: list[tuple[str, str, str]], random: object) -> None:
    def kept(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        ids, stamps, texts = zip(*rows, strict=True)
        content = table(id=ids, stamp=stamps, text=texts)
        quarantine = Quarantine(content)
        quarantine.keep_newest(content.text("id"), "older", quarantine.numbers("stamp"))
        return sorted(row for row, stays in zip(rows, quarantine.kept, strict=True) if stays)

    shuffled = list(rows)
    random.shuffle(shuffled)
    assert kept(rows) == kept(shuffled)
    assert [row[0] for row in kept(rows)] == sorted({row[0] for row in rows})


def test_a_layer_is_cut_to_the_rows_that_stay() -> None:
    days = np.array(["2022-01-01", "2022-01-02", "2022-01-03"], "datetime64[D]")
    words = dict.fromkeys(["source", "measure", "unit", "licence"], "x")
    words |= {"theme": "conflict", "kind": "flow", "spread": "extensive"}
    columns = {
        **words,
        "record_id": pa.array(["a", "b", "c"]),
        "start": days,
        "end": days + 1,
        "value": np.array([1.0, 2.0, np.nan]),
        "geometry": points(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])),
        "retrieved": None,
    }
    rows = layer_of(columns, np.array([False, True, True])).table
    assert rows["record_id"].to_pylist() == ["b", "c"]
    assert rows["value"].to_pylist() == [2.0, None]
    assert [f"{start:%F}" for start in rows["start"].to_pylist()] == ["2022-01-02", "2022-01-03"]


def test_points_are_written_as_shapely_writes_them() -> None:
    lon, lat = np.array([43.65, -180.0, 0.0, np.nan]), np.array([3.11, 90.0, -0.0, np.nan])
    assert points(lon, lat).to_pylist() == list(shapely.to_wkb(shapely.points(lon, lat)))
    assert len(points(lon[:0], lat[:0])) == 0


def test_codes_become_words() -> None:
    codes = np.array([2.0, 1.0, np.nan, 7.0])
    assert worded(codes, {1: "exact", 2: "near"}, "none").to_pylist() == ["near", "exact", "none", "none"]


def test_what_an_event_does_not_give_is_taken_back() -> None:
    """A row that gives one measure of two withdraws the other; a refused row gives nothing at all."""
    words = dict.fromkeys(["source", "licence"], "x")
    words |= {"theme": "conflict", "kind": "flow", "spread": "extensive", "pcode": "XM", "pcode_level": 0}
    days = np.array(["2022-01-01"] * 3, "datetime64[D]")
    columns = {**words, "record_id": pa.array(["a", "b", "c"]), "start": days, "end": days + 1}
    deaths = np.array([4.0, np.nan, 1.0])
    measures = [
        Measured("battles", "events", np.ones(3), np.array([True, False, True])),
        Measured("deaths", "people", deaths, np.array([True, True, True]), low=deaths - 1),
    ]
    layer = revisable(columns, np.array([True, True, False]), measures)
    told = [
        (row["measure"], row["record_id"], row["value"], row["low"], row["withdrawn"])
        for row in layer.table.to_pylist()
    ]
    assert told == [
        ("battles", "a", 1.0, None, False),
        ("battles", "b", None, None, True),
        ("deaths", "a", 4.0, 3.0, False),
        ("deaths", "b", None, None, False),
    ]


def test_when_a_file_was_received() -> None:
    assert received(RAW, 2) is None
    known = Raw(RAW.path, RAW.name, "", retrieved=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert received(known, 2).astype(str).tolist() == ["2024-01-02T03:04:05"] * 2


def test_options_are_of_their_type() -> None:
    options = {"text": "a", "number": 3, "truth": True}
    assert text_option(RAW, options, "text") == "a"
    assert text_option(RAW, options, "absent") is None
    assert integer_option(RAW, options, "number") == 3
    assert integer_option(RAW, options, "absent") is None
    with pytest.raises(InputError, match="option number must be a text, not 3"):
        text_option(RAW, options, "number")
    for name in ("text", "truth"):
        with pytest.raises(InputError, match=f"option {name} must be a whole number"):
            integer_option(RAW, options, name)
