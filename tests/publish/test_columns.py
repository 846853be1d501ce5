"""Scores as columns, a cell with its reasons, and the legend: null is never zero and never NaN."""

import itertools
import json

import h3
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import CellUnknown, FieldUnknown, PeriodUnknown, QueryError, TooLarge
from riskmap.publish.columns import cell_detail, legend, query_scores


def texts(snapshot) -> list[str]:
    return [h3.int_to_str(int(cell)) for cell in snapshot.cells]


def test_one_row_a_cell_with_the_usual_fields(small, world) -> None:
    table = query_scores(small, ["2024-02"])
    assert table.column_names == ["cell", "period", "score", "low", "high", "class", "status", "coverage"]
    assert table["cell"].to_pylist() == texts(small)
    assert set(table["period"].to_pylist()) == {"2024-02"}
    expected = [world.value(1, row) for row in range(len(small.cells))]
    assert table["score"].to_pylist() == [None if np.isnan(v) else pytest.approx(v, abs=1e-6) for v in expected]


def test_unknown_is_null_and_an_observed_zero_is_zero(small) -> None:
    table = query_scores(small, ["2024-01"], fields=["score", "population"])
    assert table["score"].to_pylist()[0] == 0
    assert table["score"].to_pylist()[4] is None
    assert table["population"].to_pylist()[:2] == [0, None]
    assert not np.isnan(table["score"].drop_null().to_numpy()).any()


def test_fields_and_periods_come_in_the_order_asked_each_once(small) -> None:
    cells = texts(small)[:3]
    table = query_scores(
        small, ["2024-03", "2024-01", "2024-03"], cells[::-1] + cells, fields=["coverage", "cell", "raids", "coverage"]
    )
    assert table.column_names == ["cell", "period", "coverage", "raids"]
    assert table["period"].to_pylist() == ["2024-03"] * 3 + ["2024-01"] * 3
    assert table["cell"].to_pylist() == cells[::-1] * 2


@pytest.mark.parametrize(("periods", "cells"), [([], None), (["2024-01"], []), ([], [])])
def test_nothing_asked_is_an_empty_table_of_the_same_types(small, periods, cells) -> None:
    full = query_scores(small, ["2024-01"], fields=["score", "class"])
    table = query_scores(small, periods, cells, fields=["score", "class"])
    assert table.num_rows == 0
    assert table.schema == full.schema


@given(st.tuples(st.floats(44.5, 46), st.floats(1.8, 3.2)), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_a_box_gives_the_cells_whose_centre_lies_inside(small, corner, size) -> None:
    west, south, east, north = *corner, corner[0] + size[0], corner[1] + size[1]
    table = query_scores(small, ["2024-01"], bbox=(west, south, east, north), fields=["lon", "lat"])
    inside = [west <= lon <= east and south <= lat <= north for lon, lat in zip(*lonlat(small), strict=True)]
    assert table["cell"].to_pylist() == [text for text, kept in zip(texts(small), inside, strict=True) if kept]


def lonlat(snapshot):
    return snapshot.column("cells", "lon").tolist(), snapshot.column("cells", "lat").tolist()


def test_boxes_side_by_side_give_each_cell_once(small) -> None:
    found = [
        cell
        for west in (44, 45.2)
        for cell in query_scores(small, ["2024-01"], bbox=(west, 1, west + 1.2, 4))["cell"].to_pylist()
    ]
    assert sorted(found) == sorted(texts(small))


def test_a_box_may_cross_the_antimeridian(make_snapshot, disk) -> None:
    snapshot = make_snapshot(disk(-17.0, 179.9, 4, 4))
    table = query_scores(snapshot, ["2024-01"], bbox=(179.5, -17.5, -179.5, -16.5), fields=["lon"])
    lons = table["lon"].to_numpy()
    assert (lons > 179.5).any()
    assert (lons < -179.5).any()
    assert (np.abs(lons) >= 179.5).all()


def test_cells_and_box_are_both_kept(small) -> None:
    lon, lat = (values[0] for values in lonlat(small))
    around = (lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    assert query_scores(small, ["2024-01"], texts(small)[:2], around)["cell"].to_pylist() == texts(small)[:1]


@pytest.mark.parametrize("bbox", [(0, 3, 1, 2), (0, float("nan"), 1, 2), (0, 0, float("inf"), 2)])
def test_a_box_that_is_none_is_refused(small, bbox) -> None:
    with pytest.raises(QueryError, match="is not a box"):
        query_scores(small, ["2024-01"], bbox=bbox)


def test_unknown_cells_are_listed(small) -> None:
    far = [h3.latlng_to_cell(60 + i, 10, 6) for i in range(7)]
    with pytest.raises(CellUnknown, match=rf"{far[0]}.*and 2 more; its cells are of H3 resolution 6"):
        query_scores(small, ["2024-01"], [texts(small)[0], *far])
    with pytest.raises(CellUnknown, match=rf"{far[0]}; its cells"):
        query_scores(small, ["2024-01"], far[:1])
    with pytest.raises(CellUnknown, match="is not an H3 cell"):
        query_scores(small, ["2024-01"], ["nonsense"])


def test_unknown_periods_and_fields_are_told(small) -> None:
    with pytest.raises(PeriodUnknown, match="2024-01 to 2024-03"):
        query_scores(small, ["1999-01"])
    with pytest.raises(FieldUnknown, match="luck"):
        query_scores(small, ["2024-01"], fields=["luck"])


def test_too_much_at_once_is_told_with_count_limit_and_a_way_out(small) -> None:
    count = 2 * len(small.cells)
    assert query_scores(small, ["2024-01", "2024-02"], limit=count).num_rows == count
    with pytest.raises(TooLarge, match=rf"{count} rows.*at most {count - 1} .*riskmap export"):
        query_scores(small, ["2024-01", "2024-02"], limit=count - 1)


def test_a_cell_tells_everything_its_score_was_made_of(small, world) -> None:
    told = cell_detail(small, texts(small)[3], "2024-01")
    assert (told["cell"], told["period"]) == (texts(small)[3], "2024-01")
    assert (told["score"], told["low"], told["high"]) == (2.1, 1.1, 3.35)
    assert (told["class"], told["status"], told["coverage"]) == ("low", "partial", 0.6)
    assert (told["population"], told["admin1_name"], told["admin2_name"]) == (3000, "Westland", 'Old "Town", ünder')
    assert [one["label"] for one in told["dimensions"]] == ["Pressure", "Shelter"]
    (homes,) = told["dimensions"][1]["components"]
    assert (homes["id"], homes["score"], homes["weight"], homes["effective_weight"]) == ("homes", 1.05, 1, 0.5)
    crowding, rents = homes["indicators"]
    assert crowding == {
        "id": "crowding",
        "label": "Crowding",
        "fed": True,
        "score": 1.05,
        "weight": 0.6,
        "effective_weight": 0.3,
        "value": 21.0,
        "unit": "per <1,000>",
        "coverage": 1.0,
        "support": "the whole district (admin 2)",
        "age_days": 40.0,
        "measure": "tables:crowding",
        "proxy": "beds in place of rooms",
    }
    assert rents["fed"] is False
    assert {rents[key] for key in ("score", "value", "coverage", "support", "age_days", "measure", "proxy")} == {None}


def test_effective_weights_add_up_to_the_whole(small) -> None:
    told = cell_detail(small, texts(small)[0], "2024-01")
    assert sum(one["effective_weight"] for one in told["dimensions"]) == pytest.approx(1)


def test_a_cell_names_just_the_inputs_its_values_came_from(small) -> None:
    told = {row: cell_detail(small, texts(small)[row], "2024-01")["inputs"] for row in (0, 1, 4)}
    assert [one["licence"]["attribution"] for one in told[0]] == ["ACLED & partners", "National <survey>", "WorldPop"]
    assert [one["source"] for one in told[1]] == ["acled", "tables"]
    assert [one["source"] for one in told[4]] == ["worldpop"]


def test_inputs_that_list_no_measures_count_by_their_source(make_snapshot, disk) -> None:
    def forget(manifest):
        for entry in manifest["inputs"]:
            entry.pop("measures")
            entry.pop("title")

    snapshot = make_snapshot(disk(2.5, 45.2, 6, 1), change=forget)
    told = cell_detail(snapshot, texts(snapshot)[0], "2024-01")["inputs"]
    assert [one["licence"]["attribution"] for one in told][1:3] == ["National <survey>", "Rent office"]
    assert [one["title"] for one in told] == ["acled", "tables", "tables", "worldpop"]


def test_a_cell_without_enough_data_says_so_in_nulls_and_words(small) -> None:
    told = cell_detail(small, texts(small)[4], "2024-02")
    assert [told[key] for key in ("score", "low", "high", "class")] == [None] * 4
    assert (told["status"], told["coverage"]) == ("insufficient", 0.3)


@given(row=st.integers(0, 126), period=st.integers(0, 2))
def test_a_cell_is_plain_json(small, world, row, period) -> None:
    told = cell_detail(small, texts(small)[row], world.periods[period])
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_number_that_is_none_becomes_null(make_snapshot, disk) -> None:
    snapshot = make_snapshot(disk(2.5, 45.2, 6, 0), np.array([[np.inf]]))
    told = cell_detail(snapshot, texts(snapshot)[0], "2024-01")
    assert told["score"] is None
    assert told["dimensions"][0]["score"] is None


def test_a_cell_may_be_asked_for_in_capitals(small) -> None:
    assert cell_detail(small, texts(small)[0].upper(), "2024-01")["cell"] == texts(small)[0]


def test_an_unknown_cell_or_period_is_told(small) -> None:
    with pytest.raises(CellUnknown):
        cell_detail(small, h3.latlng_to_cell(60, 10, 6), "2024-01")
    with pytest.raises(PeriodUnknown):
        cell_detail(small, texts(small)[0], "1999-01")


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_the_legend_has_the_classes_of_the_recipe_with_their_limits(small, world) -> None:
    told = legend(small)
    assert [(one["name"], one["below"]) for one in told["classes"]] == list(world.classes)
    assert [one["from"] for one in told["classes"]] == [0, 2.0, 3.5, 5.0, 6.5]
    assert told["scale"] == [0, 10]
    assert "not where it happens" in told["meaning"]
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_colours_darken_with_each_class_whatever_their_number(make_snapshot, disk, count) -> None:
    def reclass(manifest):
        steps = [{"name": f"c{i}", "below": i + 1} for i in range(count - 1)]
        manifest["recipe"]["classes"] = [*steps, {"name": "top", "below": None}]

    told = legend(make_snapshot(disk(2.5, 45.2, 6, 0), change=reclass))
    light = [luminance(one["colour"]) + 0.05 for one in told["classes"]]
    assert len(light) == count
    assert all(above / below > 1.2 for above, below in itertools.pairwise(light))


def test_what_is_not_known_is_no_colour_of_the_ramp(small) -> None:
    told = legend(small)
    ramp = {one["colour"] for one in told["classes"]}
    assert told["insufficient"]["name"] == "insufficient data"
    assert told["insufficient"]["pattern"] == "hatched"
    assert told["partial"]["status"] == 1
    assert not {told["insufficient"]["colour"], told["partial"]["colour"]} & ramp
    for mark in ("insufficient", "partial"):
        colour = told[mark]["colour"]
        assert len({colour[1:3], colour[3:5], colour[5:7]}) == 1


def test_columns_keep_the_types_they_are_stored_in(small) -> None:
    table = query_scores(small, ["2024-01"], fields=["score", "population", "status", "admin1_name"])
    assert table.schema.types == [pa.string(), pa.string(), pa.float32(), pa.float64(), pa.string(), pa.string()]
