"""The seven-cell world: every layer by hand, then the laws for any of them."""

from datetime import date

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap.errors import PlacementError
from riskmap.grid import shard
from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.ledger import BEYOND
from riskmap.grid.merge import merge
from riskmap.grid.placing import NO_CELL
from riskmap.grid.points import OUTSIDE
from riskmap.grid.spread import Ground
from riskmap.grid.tasks import MergeInput
from riskmap.grid.told import COVERED
from riskmap.model.area import Area, Crossing
from riskmap.model.cube import Support
from riskmap.model.kernel import Kernel
from riskmap.model.period import period_range

QUARTER = period_range(date(2024, 1, 1), date(2024, 3, 1))
YEAR = (date(2024, 1, 1), date(2024, 12, 31))


def merged(ground, *inputs, kernels=None, periods=QUARTER, window=None, crossings=()):
    return merge(inputs, ground, periods, kernels or {}, window or periods, Crosswalk(crossings))


def one(result, name="demo:m"):
    return result.cube.measures[name]


def test_a_point_is_in_its_cell_and_nowhere_else(ground, seven, centre, make_layer, make_point) -> None:
    here = make_point(float(seven.lon[centre]), float(seven.lat[centre]))
    events = make_layer(
        [{"geometry": here, "start": "2024-01-05", "end": "2024-01-06", "value": 3.0}], geo_precision="exact"
    )
    measure = one(merged(ground, MergeInput("demo", events)))
    assert measure.values[0, centre] == 3
    assert np.isnan(np.delete(measure.values[0], centre)).all(), "nothing in gives null out, never 0"
    assert np.isnan(measure.values[1:]).all()
    assert measure.support[0, centre] == Support.CELL
    assert measure.coverage[0].tolist() == [float(row == centre) for row in range(7)]


def test_absence_is_zero_only_where_a_source_lists_everything(ground, seven, centre, make_layer, make_point) -> None:
    here = make_point(float(seven.lon[centre]), float(seven.lat[centre]))
    events = make_layer(
        [{"geometry": here, "start": "2024-01-05", "end": "2024-01-06", "value": 3.0}], geo_precision="near"
    )
    listed = (date(2024, 1, 1), date(2024, 2, 14))
    measure = one(merged(ground, MergeInput("demo", events, observed=listed)))
    assert measure.values[0].sum() == 3
    assert measure.values[1].tolist() == [0] * 7
    assert measure.coverage[1] == pytest.approx(14 / 29)
    assert np.isnan(measure.values[2]).all()
    assert measure.support[0, centre] == Support.NEAR


def test_a_flow_is_spread_over_its_days(ground, make_layer) -> None:
    """91 people from 1 January to 31 March: one a day."""
    flow = make_layer([{"pcode": "XMV", "pcode_level": 0, "start": "2024-01-01", "end": "2024-04-01", "value": 91.0}])
    result = merged(ground, MergeInput("demo", flow), periods=QUARTER[:2])
    assert one(result).values.sum(axis=1) == pytest.approx([31, 29])
    assert result.ledger[0].accepted_total == pytest.approx(60)
    assert (one(result).support == Support.COUNTRY).all()


def test_a_value_of_a_region_goes_to_its_people(ground, make_layer) -> None:
    flow = make_layer([{"place": "poniente", "pcode_level": 1, "value": 100.0}])
    values = one(merged(ground, MergeInput("demo", flow))).values[0]
    assert values == pytest.approx(
        np.where(ground.shares(1)[0].toarray()[0] > 0, 100 * ground.shares(1)[0].toarray()[0], np.nan), nan_ok=True
    )


def test_a_polygon_is_shared_out_by_area_and_its_rest_is_told(ground, seven, centre, make_layer) -> None:
    whole = shapely.to_wkb(seven.polygons[centre])
    inside = make_layer([{"geometry": whole, "value": 50.0}])
    assert one(merged(ground, MergeInput("demo", inside))).values[0, centre] == pytest.approx(50, rel=1e-6)
    wide = make_layer([{"geometry": shapely.to_wkb(shapely.box(-24.5, -29.5, -22.5, -27.5)), "value": 50.0}])
    (row,) = merged(ground, MergeInput("demo", wide)).ledger
    (lost,) = row.outside
    assert lost[0] == OUTSIDE
    assert row.cells_total + lost[3] == pytest.approx(50, rel=1e-12)


def test_a_raster_is_summed_into_its_cells(ground, seven, make_layer, tmp_path) -> None:
    """3 x 3 pixels of 1 to 9 people around the seven cells."""
    west, south, east, north = shapely.total_bounds(seven.polygons)
    path = tmp_path / "people.tif"
    transform = rasterio.Affine((east - west) / 3, 0, west, 0, (south - north) / 3, north)
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=3, count=1, dtype="float32", crs="EPSG:4326", transform=transform
    ) as file:
        file.write(np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3))
    raster = make_layer([{"href": str(path)}], kind="stock", unit="people")
    result = merged(ground, MergeInput("demo", raster, timeless=True))
    values = one(result).values
    assert (values == values[0]).all()
    (row,) = result.ledger
    assert row.accepted_total == 45
    assert row.cells_total + row.outside[0][3] == pytest.approx(45, rel=1e-12)
    assert values[0, seven.lat.argmin()] > values[0, seven.lat.argmax()]
    tiles = []
    for name, first, last in (("west.tif", 0, 1), ("east.tif", 1, 3)):
        tiles.append(tmp_path / name)
        where = transform @ rasterio.Affine.translation(first, 0)
        size = {"width": last - first, "height": 3, "count": 1, "dtype": "float32"}
        with rasterio.open(tiles[-1], "w", driver="GTiff", crs="EPSG:4326", transform=where, **size) as file:
            file.write(np.arange(1, 10, dtype=np.float32).reshape(1, 3, 3)[:, :, first:last])
    beside = [{"href": str(tile), "start": "2024-01-01", "record_id": tile.name} for tile in tiles]
    both = merged(ground, MergeInput("demo", make_layer(beside, kind="stock", unit="people"), timeless=True))
    assert both.ledger[0].accepted_total == 45, "rasters of one date are tiles of one whole"
    np.testing.assert_allclose(one(both).values[0], values[0], rtol=1e-12)
    over = [{"href": str(path), "start": "2024-01-01", "record_id": name} for name in ("a", "b")]
    with pytest.raises(PlacementError, match=r"rasters lie over one another in 7 cells: people\.tif, people\.tif"):
        merged(ground, MergeInput("demo", make_layer(over, kind="stock", unit="people"), timeless=True))
    dated = merged(
        ground,
        MergeInput(
            "demo",
            make_layer([{"href": str(path), "start": "2024-02-01", "end": "2025-01-01"}], kind="stock", unit="people"),
        ),
    )
    assert np.isnan(one(dated).values[0]).all()
    assert one(dated).age_days[1, 0] == 28
    brief = make_layer([{"href": str(path), "start": "2024-01-31", "end": "2025-01-01"}], kind="stock", unit="people")
    short = one(merged(ground, MergeInput("demo", brief, valid_days=20)))
    assert [bool(np.isnan(row).all()) for row in short.values] == [False, True, True], "a case says how long it holds"


def test_stocks_hold_until_the_next_round_and_are_never_added(ground, make_layer) -> None:
    rounds = make_layer(
        [
            {"pcode": "XM01", "pcode_level": 1, "value": 100.0, "start": "2024-01-10", "end": "2024-03-05"},
            {"pcode": "XM01", "pcode_level": 1, "value": 130.0, "start": "2024-02-10", "end": "2024-06-01"},
            {"pcode": "XM02", "pcode_level": 1, "value": 7.0, "start": "2024-01-10", "end": "2024-02-01"},
        ],
        kind="stock",
    )
    result = merged(ground, MergeInput("demo", rounds))
    assert np.nansum(one(result).values, axis=1) == pytest.approx([107, 130, 130])
    assert result.ledger[0].accepted_total == 130
    assert np.nanmin(one(result).age_days, axis=1).tolist() == [21, 19, 50]
    short = merged(ground, MergeInput("demo", rounds, valid_days=10))
    assert np.isnan(one(short).values).all()


def test_parts_of_one_figure_at_one_place_are_added(ground, make_layer) -> None:
    parts = make_layer(
        [{"pcode": "XM01", "pcode_level": 1, "value": 4.0}, {"pcode": "XM01", "pcode_level": 1, "value": 5.0}],
        kind="stock",
    )
    assert np.nansum(one(merged(ground, MergeInput("demo", parts))).values[0]) == pytest.approx(9)
    late = merged(ground, MergeInput("demo", parts, timeless=True))
    assert np.nansum(one(late).values[0]) == pytest.approx(9)


def test_of_a_region_and_its_country_only_the_finer_is_taken(ground, make_layer) -> None:
    levels = make_layer(
        [{"pcode": "XMV", "pcode_level": 0, "value": 100.0}, {"pcode": "XM01", "pcode_level": 1, "value": 40.0}],
        kind="stock",
    )
    result = merged(ground, MergeInput("demo", levels, timeless=True))
    assert np.nansum(one(result).values[0]) == pytest.approx(40)
    assert result.ledger[0].outside == ((COVERED, "XMV", 1, 100.0),)


def test_a_district_tells_more_finely_than_its_region_but_not_than_others(ground, country, make_layer) -> None:
    """West has two districts, one of them told; East is told as a region."""
    west = ground.areas[1][0].geometry
    cut = float(shapely.centroid(west).y)
    north, south = west.intersection(shapely.box(-30, cut, 0, 0)), west.intersection(shapely.box(-30, -40, 0, cut))
    districts = (Area("XM0101", "Norte", 2, north, parent="XM01"), Area("XM0102", "Sur", 2, south, parent="XM01"))
    deep = Ground(ground.grid, {**ground.areas, 2: (*districts, Area("XM0999", "Orphan", 2, south, parent="XM09"))})
    records = [("XM01", 1, 40.0), ("XM02", 1, 60.0), ("XM0101", 2, 25.0), ("XM0999", 2, 1.0)]
    layer = make_layer(
        [{"pcode": code, "pcode_level": level, "value": value} for code, level, value in records], kind="stock"
    )
    (row,) = merged(deep, MergeInput("demo", layer, timeless=True)).ledger
    assert row.outside == ((COVERED, "XM01", 1, 40.0),)
    assert row.cells_total == pytest.approx(86)
    assert "4 areas without known people: spread by area" not in row.notes
    assert any("spread by area" in note for note in row.notes)


def test_an_area_that_holds_no_cell_is_told(ground, make_layer) -> None:
    far = Ground(ground.grid, {**ground.areas, 1: (Area("XM03", "Islet", 1, shapely.box(0, 0, 1, 1)),)})
    (row,) = merged(far, MergeInput("demo", make_layer([{"pcode": "XM03", "pcode_level": 1, "value": 5.0}]))).ledger
    assert row.outside == ((NO_CELL, "XM03", 1, 5.0),)


def test_an_index_is_averaged_by_area_and_knows_its_coverage(ground, centre, make_layer) -> None:
    index = make_layer(
        [{"pcode": "XM01", "pcode_level": 1, "value": 2.0}, {"pcode": "XM02", "pcode_level": 1, "value": 6.0}],
        kind="index",
        spread="intensive",
    )
    measure = one(merged(ground, MergeInput("demo", index, timeless=True)))
    assert measure.values[0, centre] == pytest.approx(4, abs=0.1)
    assert measure.coverage[0] == pytest.approx(np.ones(7), abs=1e-4)
    assert set(measure.support[0]) == {Support.ADM1}
    half = one(merged(ground, MergeInput("demo", index.only([True, False]), timeless=True)))
    assert half.values[0, centre] == 2
    assert half.coverage[0, centre] == pytest.approx(0.5, abs=0.02)


def test_what_has_no_place_is_listed_by_name_and_reason(ground, make_layer, make_point) -> None:
    lost = make_layer(
        [
            {"place": "Atlantis", "pcode_level": 1, "value": 1.0},
            {"place": "Atlantis", "pcode_level": 1, "value": 2.0},
            {"pcode": "XM99", "pcode_level": 1, "value": 4.0},
            {"geometry": make_point(0.0, 0.0), "geo_precision": "exact", "value": 8.0},
            {"place": "Westland", "pcode_level": 1, "value": 16.0},
            {"place": "West", "pcode_level": 1, "value": None},
        ]
    )
    given_input = MergeInput("demo", lost, aliases={"westland": "Poniente"}, assumed=frozenset({"Westland"}))
    (row,) = merged(ground, given_input).ledger
    assert row.outside == (
        ("name not in the boundaries", "Atlantis", 2, 3.0),
        (OUTSIDE, "", 1, 8.0),
        ("p-code not in the boundaries", "XM99", 1, 4.0),
    )
    assert row.aliases == (("Westland", "Poniente", "assumed"),)
    assert row.cells_total == pytest.approx(16)
    assert "1 records of unknown value" in row.notes


KERNEL = Kernel("exponential", 25.0, 30)


def test_an_event_is_felt_around_it_and_fades(ground, seven, centre, make_layer, make_point) -> None:
    here = make_point(float(seven.lon[centre]), float(seven.lat[centre]))
    event = make_layer(
        [{"geometry": here, "start": "2024-01-31", "end": "2024-02-01", "value": 2.0}], geo_precision="exact"
    )
    result = merged(ground, MergeInput("demo", event), kernels={"demo:m": (KERNEL,)})
    felt = one(result, f"demo:m@{KERNEL.key}")
    assert felt.values[0, centre] == pytest.approx(2)
    assert felt.values[1, centre] == pytest.approx(2 * 2 ** (-29 / 30))
    assert np.nanargmax(felt.values[0]) == centre
    assert (felt.values[0] < 2 + 1e-12).all()


def test_a_short_record_is_not_calm(ground, make_layer, make_point, seven, centre) -> None:
    here = make_point(float(seven.lon[centre]), float(seven.lat[centre]))
    event = make_layer(
        [{"geometry": here, "start": "2024-01-31", "end": "2024-02-01", "value": 2.0}], geo_precision="exact"
    )
    felt = one(
        merged(ground, MergeInput("demo", event, observed=(date(2024, 1, 2), YEAR[1])), kernels={"demo:m": (KERNEL,)}),
        f"demo:m@{KERNEL.key}",
    )
    assert felt.coverage[0] == pytest.approx(0.5)
    assert felt.values[0, centre] == pytest.approx(2 / 0.5)
    before = one(
        merged(ground, MergeInput("demo", event, observed=(date(2024, 2, 1), YEAR[1])), kernels={"demo:m": (KERNEL,)}),
        f"demo:m@{KERNEL.key}",
    )
    assert np.isnan(before.values[0]).all()
    assert before.age_days[2].tolist() == [0] * 7


def test_an_event_across_the_border_is_felt_though_on_no_cell(ground, seven, make_layer, make_point) -> None:
    over = make_point(float(seven.lon.max()) + 0.1, float(seven.lat[seven.lon.argmax()]))
    event = make_layer(
        [{"geometry": over, "start": "2024-01-31", "end": "2024-02-01", "value": 2.0}], geo_precision="exact"
    )
    result = merged(ground, MergeInput("demo", event, observed=YEAR), kernels={"demo:m": (KERNEL,)})
    assert result.ledger[0].outside == ((OUTSIDE, "", 1, 2.0),)
    felt = one(result, f"demo:m@{KERNEL.key}")
    assert np.nanargmax(felt.values[0]) == seven.lon.argmax()
    assert 0 < felt.values[0].max() < 2 / (1 - 2 ** (-31 / 30))


def test_an_event_before_the_observed_days_does_not_count(ground, seven, centre, make_layer, make_point) -> None:
    here = make_point(float(seven.lon[centre]), float(seven.lat[centre]))
    event = make_layer(
        [{"geometry": here, "start": "2023-12-31", "end": "2024-01-01", "value": 2.0}], geo_precision="exact"
    )
    felt = one(
        merged(ground, MergeInput("demo", event, observed=YEAR), kernels={"demo:m": (KERNEL,)}), f"demo:m@{KERNEL.key}"
    )
    assert felt.values[0].tolist() == [0] * 7


def test_a_vague_event_is_felt_over_its_region(ground, make_layer, make_point, seven, centre) -> None:
    west = make_point(float(seven.lon[centre]) - 0.02, float(seven.lat[centre]))
    event = make_layer(
        [{"geometry": west, "start": "2024-01-31", "end": "2024-02-01", "value": 2.0}], geo_precision="adm1"
    )
    felt = one(
        merged(ground, MergeInput("demo", event, observed=YEAR), kernels={"demo:m": (KERNEL,)}), f"demo:m@{KERNEL.key}"
    )
    assert set(felt.support[0]) == {Support.ADM1}
    assert (felt.values[0] > 0).all()
    assert felt.values[0].max() < 2 / (1 - 2 ** (-31 / 30))


def test_a_footprint_is_the_largest_share_and_fades_after_its_end(
    ground, make_layer, make_point, seven, centre
) -> None:
    kernel = Kernel("footprint", 25.0, 60)
    cell = shapely.to_wkb(seven.polygons[centre])
    flood = make_layer(
        [
            {"geometry": cell, "start": "2024-01-20", "end": "2024-02-10", "value": 1.0},
            {"geometry": cell, "start": "2024-01-25", "end": "2024-02-01", "value": 0.5},
            {
                "geometry": make_point(50.0, 0.0),
                "geo_precision": "near",
                "start": "2024-01-01",
                "end": "2024-12-01",
                "value": 1.0,
            },
        ],
        kind="hazard",
        spread="intensive",
    )
    felt = one(
        merged(ground, MergeInput("demo", flood, observed=YEAR), kernels={"demo:m": (kernel,)}), f"demo:m@{kernel.key}"
    )
    assert felt.values[:, centre] == pytest.approx([1, 2 ** (-20 / 60), 2 ** (-51 / 60)], rel=1e-6)
    assert np.delete(felt.values[0], centre).max() < 1e-6
    point = make_layer(
        [
            {
                "geometry": make_point(float(seven.lon[centre]), float(seven.lat[centre])),
                "geo_precision": "near",
                "value": 1.0,
            }
        ],
        kind="hazard",
        spread="intensive",
    )
    around = one(merged(ground, MergeInput("demo", point), kernels={"demo:m": (kernel,)}), f"demo:m@{kernel.key}")
    assert around.values[0, centre] == pytest.approx(1)


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["XMV", "XM01", "XM02", "XM77", "point", "off", "vague"]),
        st.integers(0, 80),
        st.integers(1, 60),
        st.floats(0, 1e6),
    ),
    min_size=1,
    max_size=12,
)


def records_of(drawn, ground, make_point):
    grid = ground.grid
    spots = {
        "point": (float(grid.lon[2]), float(grid.lat[2])),
        "off": (0.0, 0.0),
        "vague": (float(grid.lon[0]), float(grid.lat[0])),
    }
    found = []
    for row, (where, begin, days, value) in enumerate(drawn):
        record = {"record_id": f"r{row}", "value": value}
        record["start"] = date.fromordinal(date(2023, 12, 15).toordinal() + begin).isoformat()
        record["end"] = date.fromordinal(date(2023, 12, 15).toordinal() + begin + days).isoformat()
        if where in spots:
            record |= {"geometry": make_point(*spots[where]), "geo_precision": "adm1" if where == "vague" else "exact"}
        else:
            record |= {"pcode": where, "pcode_level": 0 if where == "XMV" else 1}
        found.append(record)
    return found


SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(drawn=RECORDS, kind=st.sampled_from(["flow", "stock"]))
def test_an_extensive_total_is_on_cells_or_listed(ground, make_layer, make_point, drawn, kind) -> None:
    layer = make_layer(records_of(drawn, ground, make_point), kind=kind)
    (row,) = merged(ground, MergeInput("demo", layer)).ledger
    assert row.cells_total + sum(lost[3] for lost in row.outside) == pytest.approx(
        row.accepted_total, rel=1e-9, abs=1e-9
    )


@SLOW
@given(drawn=RECORDS, random=st.randoms())
def test_order_and_repetition_of_records_change_no_byte(ground, make_layer, make_point, drawn, random) -> None:
    records = records_of(drawn, ground, make_point)
    shuffled = records * 2
    random.shuffle(shuffled)
    ours, again = (
        merged(ground, MergeInput("demo", make_layer(given_records), observed=YEAR), kernels={"demo:m": (KERNEL,)})
        for given_records in (records, shuffled)
    )
    assert ours.ledger == again.ledger
    for name, measure in ours.cube.measures.items():
        assert measure.values.tobytes() == again.cube.measures[name].values.tobytes()
        assert measure.support.tobytes() == again.cube.measures[name].support.tobytes()


@SLOW
@given(drawn=RECORDS, form=st.sampled_from([("flow", "extensive"), ("stock", "extensive"), ("index", "intensive")]))
def test_how_the_grid_is_cut_changes_no_byte(ground, make_layer, make_point, drawn, form) -> None:
    layer = make_layer(records_of(drawn, ground, make_point), kind=form[0], spread=form[1])
    given_layer = MergeInput("demo", layer, observed=YEAR)
    whole = merged(ground, given_layer, kernels={"demo:m": (KERNEL,)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shard, "WHOLE", 0)
        patch.setattr(shard, "LEVELS", 1)
        assert len(shard.cut(ground.grid).shards) > 1
        parts = merged(ground, given_layer, kernels={"demo:m": (KERNEL,)})
    for name, measure in whole.cube.measures.items():
        for array in ("values", "coverage", "support", "age_days"):
            ours, again = (getattr(one, array) for one in (measure, parts.cube.measures[name]))
            assert ours.tobytes() == again.tobytes(), (name, array)
    (one_row,), (parts_row,) = whole.ledger, parts.ledger
    assert parts_row.cells_total == pytest.approx(one_row.cells_total, rel=1e-12)
    assert parts_row.outside == one_row.outside


@SLOW
@given(drawn=RECORDS)
def test_an_intensive_value_stays_within_its_inputs(ground, make_layer, make_point, drawn) -> None:
    layer = make_layer(records_of(drawn, ground, make_point), kind="index", spread="intensive")
    values = one(merged(ground, MergeInput("demo", layer))).values
    inputs = [value for *_, value in drawn]
    known = values[~np.isnan(values)]
    assert ((known >= min(inputs)) & (known <= max(inputs))).all()


def test_inputs_of_one_source_and_measure_are_taken_together(ground, make_layer) -> None:
    first = make_layer([{"record_id": "a", "pcode": "XM01", "pcode_level": 1, "value": 1.0}])
    second = make_layer([{"record_id": "b", "pcode": "XM02", "pcode_level": 1, "value": 2.0}])
    result = merged(ground, MergeInput("demo", first, observed=YEAR), MergeInput("demo", second))
    assert np.nansum(one(result).values[0]) == pytest.approx(3)


def test_nothing_merges_to_nothing(ground, make_layer) -> None:
    assert merged(ground).cube.measures == {}
    assert (
        merged(ground, MergeInput("demo", make_layer([{"pcode": "XMV", "pcode_level": 0, "value": None}])))
        .ledger[0]
        .records
        == 0
    )


def test_a_month_told_as_unknown_is_not_zero(ground, make_layer) -> None:
    """West reports nothing but that it does not know; East is listed as calm."""
    silent = make_layer(
        [
            {"pcode": "XM01", "pcode_level": 1, "value": None},
            {"pcode": "XM02", "pcode_level": 1, "value": 5.0, "start": "2024-02-01", "end": "2024-03-01"},
        ]
    )
    values = one(merged(ground, MergeInput("demo", silent, observed=YEAR))).values
    west = ground.overlaps(1).km2.toarray()[0] > 1
    assert np.isnan(values[0, west]).all()
    assert (values[0, ~west] == 0).all()
    assert not np.isnan(values[1]).any()


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            {"observed": (date(2024, 1, 1), date(2024, 1, 31))},
            {"observed": (date(2024, 3, 1), date(2024, 3, 2))},
            "fill the gap",
        ),
        ({"valid_days": 3}, {"valid_days": 4}, "differ in valid_days"),
        ({"timeless": True}, {}, "differ in timeless"),
    ],
)
def test_inputs_of_one_measure_must_agree(ground, make_layer, first, second, message) -> None:
    layer = make_layer([{"pcode": "XM01", "pcode_level": 1, "value": 1.0}])
    with pytest.raises(PlacementError, match=message):
        merged(ground, MergeInput("demo", layer, **first), MergeInput("demo", layer, **second))


def test_what_is_outside_the_periods_or_on_the_border_is_counted(ground, make_layer, make_point) -> None:
    late = make_layer(
        [
            {"pcode": "XM01", "pcode_level": 1, "value": 1.0, "start": "2030-01-01", "end": "2030-01-02"},
            {
                "geometry": make_point(0.0, 0.0),
                "geo_precision": "exact",
                "value": 1.0,
                "start": "2030-01-01",
                "end": "2030-01-02",
            },
            {"pcode": "XM01", "pcode_level": 1, "value": 1.0},
        ]
    )
    (row,) = merged(ground, MergeInput("demo", late)).ledger
    assert row.beyond == ((BEYOND, 1), (f"{BEYOND}, and {OUTSIDE}", 1))
    assert (row.records, row.on_border) == (1, 0)


def region(name=None, value=1.0, code=None, **more):
    return {"place": name, "pcode": code, "pcode_level": 1, "value": value} | more


def test_what_was_matched_is_told_by_way_in_records_and_value(ground, make_layer, make_point) -> None:
    layer = make_layer(
        [
            region(code="XM01", value=1.0),
            region("poniente", code="XM01", value=2.0),
            region("Occident", code="XM01", value=4.0),
            region("Levante", code="XM01", value=8.0),
            region("West", value=16.0),
            region("Westland", value=32.0),
            region("Levante", code="XM2", value=64.0),
            region("Atlantis", value=128.0),
            region("UNSPECIFIED", value=256.0),
            {"geometry": make_point(0.0, 0.0), "geo_precision": "exact", "value": 512.0},
            region("Atlantis", value=9.0, start="2030-01-01", end="2030-01-02"),
        ]
    )
    (row,) = merged(ground, MergeInput("demo", layer, aliases={"Westland": "Poniente"})).ledger
    assert row.matched == (
        ("alias", 1, 32.0),
        ("code", 3, 7.0),
        ("code reused", 1, 8.0),
        ("geometry", 1, 512.0),
        ("name", 1, 16.0),
        ("padded", 1, 64.0),
    )
    assert row.unmatched == (("name not in the boundaries", 1, 128.0), ("placeholder, not a place", 1, 256.0))
    assert row.doubts == (
        ("code reused", 1, 8.0, ("XM01 Levante: by code Poniente, by name XM02 Levante",)),
        ("other spelling", 1, 4.0, ("XM01 Occident: Poniente",)),
    )
    assert ("placeholder, not a place", "UNSPECIFIED", 1, 256.0) in row.outside


def test_of_many_doubts_five_are_shown(ground, make_layer) -> None:
    layer = make_layer([region(f"Ponient {row}", code="XM01") for row in range(7)])
    (row,) = merged(ground, MergeInput("demo", layer)).ledger
    ((doubt, records, value, examples),) = row.doubts
    assert (doubt, records, value, len(examples)) == ("other spelling", 7, 7.0, 5)


def test_a_stock_that_is_spelled_otherwise_replaces_the_earlier_one(ground, make_layer) -> None:
    """Three rounds of one region: by code, by name, and by both; they are one place, and the last one stands."""
    rounds = [
        region(code="XM01", value=100.0, start="2024-01-01", end="2025-01-01"),
        region("West", value=110.0, start="2024-02-01", end="2025-02-01"),
        region("Poniente", code="xm01", value=120.0, start="2024-03-01", end="2025-03-01"),
    ]
    result = merged(ground, MergeInput("demo", make_layer(rounds, kind="stock")))
    assert np.nansum(one(result).values, axis=1) == pytest.approx([100, 110, 120])
    assert (result.ledger[0].records, result.ledger[0].accepted_total) == (1, 120.0)


SPLIT = (Crossing("XM01", code="XM00", share=0.25), Crossing("XM02", code="XM00", share=0.75))


def test_a_place_that_was_split_is_shared_out_and_counts_once(ground, make_layer) -> None:
    layer = make_layer([region(code="XM00", value=80.0), region(code="XM01", value=1.0)])
    result = merged(ground, MergeInput("demo", layer), crossings=SPLIT)
    (row,) = result.ledger
    assert (row.records, row.accepted_total) == (2, 81.0)
    assert row.matched == (("code", 1, 1.0), ("crosswalk", 1, 80.0))
    assert "1 records split over several areas by the crosswalk" in row.notes
    shares = ground.shares(1)[0].toarray()
    assert np.nan_to_num(one(result).values[0]) == pytest.approx(21 * shares[0] + 60 * shares[1])
    assert row.cells_total == pytest.approx(81)


def test_an_average_is_the_same_in_every_part_of_a_split(ground, make_layer) -> None:
    layer = make_layer([region(code="XM00", value=0.4)], kind="index", spread="intensive")
    result = merged(ground, MergeInput("demo", layer), crossings=SPLIT)
    assert one(result).values[0] == pytest.approx(np.full(7, 0.4))


def test_a_later_stock_replaces_the_part_of_a_split_that_it_tells(ground, make_layer) -> None:
    rounds = [
        region(code="XM00", value=80.0, start="2024-01-01", end="2025-01-01"),
        region(code="XM02", value=5.0, start="2024-02-01", end="2025-01-01"),
    ]
    result = merged(ground, MergeInput("demo", make_layer(rounds, kind="stock")), crossings=SPLIT)
    assert np.nansum(one(result).values, axis=1) == pytest.approx([80, 25, 25])


def test_a_crosswalk_holds_on_the_day_of_the_record(ground, make_layer) -> None:
    """Until the end of January XM01 was the name of what is XM02 now."""
    old = (Crossing("XM02", code="XM01", valid_to=date(2024, 1, 31)),)
    flow = [region(code="XM01", value=10.0), region(code="XM01", value=20.0, start="2024-02-01", end="2024-03-01")]
    result = merged(ground, MergeInput("demo", make_layer(flow)), crossings=old)
    shares = ground.shares(1)[0].toarray()
    assert np.nan_to_num(one(result).values[0]) == pytest.approx(10 * shares[1])
    assert np.nan_to_num(one(result).values[1]) == pytest.approx(20 * shares[0])
    assert result.ledger[0].matched == (("code", 1, 20.0), ("crosswalk", 1, 10.0))


def test_an_unknown_value_of_a_split_place_silences_all_its_parts(ground, make_layer) -> None:
    layer = make_layer([region(code="XM00", value=None), region(code="XM01", start="2024-02-01", end="2024-03-01")])
    values = one(merged(ground, MergeInput("demo", layer, observed=YEAR), crossings=SPLIT)).values
    assert np.isnan(values[0]).all()
    assert not np.isnan(values[1]).any()


WORDED = st.lists(
    st.tuples(
        st.sampled_from([None, "XM01", "XM2", "XM00", "XM77", "XXX"]),
        st.sampled_from(["West", "Levante", "Atlantis", "n/a", "Occident"]),
        st.floats(0, 1e6),
    ),
    min_size=1,
    max_size=10,
)


@SLOW
@given(drawn=WORDED, kind=st.sampled_from(["flow", "stock"]), random=st.randoms())
def test_matched_and_unmatched_are_everything_in_any_order(ground, make_layer, drawn, kind, random) -> None:
    records = [region(name, value, code, record_id=f"r{row}") for row, (code, name, value) in enumerate(drawn)]
    shuffled = list(records)
    random.shuffle(shuffled)
    ours, again = (
        merged(ground, MergeInput("demo", make_layer(rows, kind=kind)), crossings=SPLIT).ledger[0]
        for rows in (records, shuffled)
    )
    assert ours == again
    told = (*ours.matched, *ours.unmatched)
    assert sum(records for _, records, _ in told) == ours.records
    assert sum(value for *_, value in told) == pytest.approx(ours.accepted_total, rel=1e-9, abs=1e-9)
    assert sum(lost[3] for lost in ours.outside) == pytest.approx(sum(value for *_, value in ours.unmatched))
