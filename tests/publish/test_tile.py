"""Tiles, read back by an independent decoder and placed by an independent tile grid."""

import re

import h3
import mapbox_vector_tile
import morecantile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.errors import FieldUnknown, PeriodUnknown, QueryError
from riskmap.publish.tile import _kept_in_class, make_tile, tilejson

MERCATOR = morecantile.tms.get("WebMercatorQuad")


def features(snapshot, layer, period, place) -> list[dict]:
    """Decoded features of a tile, y running down as in the tile itself."""
    data = make_tile(snapshot, layer, period, *place).data
    return mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})[layer]["features"] if data else []


def over(lat, lon, z) -> tuple[int, int, int]:
    tile = MERCATOR.tile(lon, lat, z)
    return z, tile.x, tile.y


def polygons(feature) -> list[np.ndarray]:
    """Exterior rings of a feature without the closing vertex; cells have no holes."""
    shape = shapely.geometry.shape(feature["geometry"])
    parts = getattr(shape, "geoms", [shape])
    assert all(len(part.interiors) == 0 for part in parts)
    return [np.array(part.exterior.coords)[:-1] for part in parts]


def in_tile_units(cell, place) -> shapely.Polygon:
    """A cell in a tile's units by way of morecantile's bounds."""
    bounds = MERCATOR.xy_bounds(morecantile.Tile(place[1], place[2], place[0]))
    ring = [MERCATOR.xy(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    width = bounds.right - bounds.left
    return shapely.Polygon([((x - bounds.left) / width * 4096, (bounds.top - y) / width * 4096) for x, y in ring])


@pytest.mark.parametrize("z", [5, 7, 9, 11, 12])
def test_cells_lie_where_morecantile_puts_them(small, world, z) -> None:
    place = over(*world.centre, z)
    found = features(small, "risk", "2024-01", place)
    assert found
    for feature in found:
        expected = in_tile_units(feature["properties"]["cell"], place)
        (ring,) = polygons(feature)
        assert shapely.Polygon(ring).hausdorff_distance(expected) <= 1


@pytest.mark.parametrize("z", [6, 8, 9, 10])
def test_every_cell_is_in_each_tile_it_touches_and_none_twice(small, world, z) -> None:
    _, x, y = over(*world.centre, z)
    seen = set()
    window = shapely.box(0, 0, 4096, 4096)
    for place in [(z, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]:
        cells = [feature["properties"]["cell"] for feature in features(small, "risk", "2024-01", place)]
        assert len(cells) == len(set(cells))
        texts = [h3.int_to_str(int(cell)) for cell in small.cells]
        touching = {text for text in texts if in_tile_units(text, place).buffer(-1).intersects(window)}
        assert touching <= set(cells)
        seen |= set(cells)
    if z < 9:
        assert len(seen) == len(small.cells)


@pytest.mark.parametrize("z", range(13))
def test_rings_are_what_the_specification_asks_for(make_snapshot, disk, small, world, z) -> None:
    """Exterior rings run clockwise (positive area, y down), no vertex repeats, nothing lies far beyond the tile."""
    large = make_snapshot(disk(*world.centre, 3, 2))
    for snapshot in (small, large):
        found = features(snapshot, "risk", "2024-01", over(*world.centre, z))
        for ring in (ring for feature in found for ring in polygons(feature)):
            after = np.roll(ring, -1, axis=0)
            assert (ring[:, 0] * after[:, 1] - after[:, 0] * ring[:, 1]).sum() > 0
            assert (ring != after).any(axis=1).all()
            assert ring.min() >= -4096
            assert ring.max() <= 2 * 4096
        assert found


def test_cells_cover_their_ground_without_gap_or_overlap_even_where_some_round_to_nothing(small, world) -> None:
    place = over(*world.centre, 0)
    found = features(small, "risk", "2024-01", place)
    assert 0 < len(found) < len(small.cells)
    drawn = [shapely.Polygon(ring) for feature in found for ring in polygons(feature)]
    whole = shapely.union_all(drawn)
    assert whole.area == sum(shape.area for shape in drawn)
    assert shapely.get_num_interior_rings(shapely.get_parts(whole)).sum() == 0


def test_the_risk_layer_has_every_property_and_leaves_out_the_unknown(small, world) -> None:
    for index, period in enumerate(world.periods):
        found = {f["id"]: f["properties"] for f in features(small, "risk", period, over(*world.centre, 5))}
        assert sorted(found) == list(range(1, len(small.cells) + 1))
        for identifier, properties in found.items():
            row = identifier - 1
            value = world.value(index, row)
            assert properties["cell"] == h3.int_to_str(int(small.cells[row]))
            if np.isnan(value):
                assert {**properties, "cell": ""} == {"cell": "", "class": -1, "status": 2, "coverage": 0.3}
                continue
            assert set(properties) == {"cell", "score", "low", "high", "class", "status", "coverage"}
            assert properties["score"] == value
            assert properties["low"] == max(round(value - 1, 2), 0)
            limits = [limit for _, limit in world.classes if limit is not None]
            assert properties["class"] == sum(limit <= value for limit in limits)
    assert found[1]["score"] == 0


@pytest.mark.parametrize("layer", ["pressure", "conflict", "raids"])
def test_each_part_of_the_index_is_a_layer(small, world, layer) -> None:
    found = {f["id"]: f["properties"] for f in features(small, layer, "2024-02", over(*world.centre, 5))}
    for identifier, properties in found.items():
        value = world.value(1, identifier - 1)
        assert properties.get("value") == (None if np.isnan(value) else pytest.approx(value / 2, abs=0.005001))
        assert properties["status"] in {0, 1, 2}


def test_a_part_that_nothing_feeds_is_drawn_without_values(small, world) -> None:
    found = features(small, world.unfed, "2024-01", over(*world.centre, 5))
    assert len(found) == len(small.cells)
    assert all(set(feature["properties"]) == {"cell", "status"} for feature in found)


@given(st.lists(st.floats(0, 10, width=32), min_size=1, max_size=30))
def test_rounding_never_carries_a_score_into_another_class(values) -> None:
    limits = (2.0, 3.5, 5.0, 6.5, None)
    scores = np.array(values, np.float32)
    classes = np.searchsorted([2.0, 3.5, 5.0, 6.5], scores, side="right").astype(np.int8)
    rounded = _kept_in_class(scores, classes, limits) / 100
    assert np.array_equal(np.searchsorted([2.0, 3.5, 5.0, 6.5], rounded, side="right"), classes)
    assert (np.abs(rounded - scores) <= 0.01).all()


def test_an_empty_tile_has_no_bytes_but_an_etag(small) -> None:
    tile = make_tile(small, "risk", "2024-01", 6, 0, 0)
    assert tile.data == b""
    assert tile.media_type == "application/vnd.mapbox-vector-tile"
    assert tile.etag


def test_a_cell_over_the_whole_of_a_tile_fills_it_and_its_buffer(make_snapshot, disk) -> None:
    snapshot = make_snapshot(disk(2.5, 45.2, 3, 0))
    place = over(*h3.cell_to_latlng(h3.int_to_str(int(snapshot.cells[0]))), 12)
    (feature,) = features(snapshot, "risk", "2024-01", place)
    (ring,) = polygons(feature)
    assert sorted(map(tuple, ring.tolist())) == [(-64, -64), (-64, 4160), (4160, -64), (4160, 4160)]


def test_a_cell_on_the_antimeridian_is_drawn_at_both_edges_of_the_world(make_snapshot) -> None:
    """Golden: the cell over 180 degrees east, 17 degrees south, at resolution 4."""
    cell = h3.latlng_to_cell(-17.0, 180.0, 4)
    lons = [lon for _, lon in h3.cell_to_boundary(cell)]
    assert min(lons) < 0 < max(lons)
    snapshot = make_snapshot([h3.str_to_int(cell)])
    z = 5
    _, _, y = over(-17.0, 0, z)
    (east,), (west,) = (
        features(snapshot, "risk", "2024-01", (z, 31, y)),
        features(snapshot, "risk", "2024-01", (z, 0, y)),
    )
    assert east["id"] == west["id"] == 1
    (right,), (left,) = polygons(east), polygons(west)
    assert (right[:, 0].min(), right[:, 0].max()) == (4003, 4161)
    by_hand = [round((lon % 360 / 360 - 0.5) * 32 * 4096) + 4096 for lon in lons]
    assert (min(by_hand), max(by_hand)) == (4003, 4161)
    assert np.array_equal(right - [4096, 0], left)
    assert features(snapshot, "risk", "2024-01", (z, 1, y)) == []
    assert features(snapshot, "risk", "2024-01", (z, 15, y)) == []

    (both,) = features(snapshot, "risk", "2024-01", (0, 0, 0))
    assert len(polygons(both)) == 2
    assert {ring[:, 0].mean() > 2048 for ring in polygons(both)} == {True, False}


def test_a_pentagon_has_five_corners_or_more(make_snapshot) -> None:
    pentagon = h3.get_pentagons(4)[3]
    snapshot = make_snapshot([h3.str_to_int(pentagon)])
    place = over(*h3.cell_to_latlng(pentagon), 6)
    (feature,) = features(snapshot, "risk", "2024-01", place)
    (ring,) = polygons(feature)
    assert shapely.Polygon(ring).hausdorff_distance(in_tile_units(pentagon, place)) <= 1
    assert len(ring) == len(h3.cell_to_boundary(pentagon))


@settings(deadline=None)
@given(z=st.integers(0, 12), layer=st.sampled_from(["risk", "raids"]), index=st.integers(0, 2))
def test_the_same_question_gives_the_same_tile_and_others_another_etag(small, world, z, layer, index) -> None:
    place = over(*world.centre, z)
    tile = make_tile(small, layer, world.periods[index], *place)
    assert tile == make_tile(small, layer, world.periods[index], *place)
    other = make_tile(small, layer, world.periods[index - 1], *place)
    assert tile.etag != other.etag
    assert re.fullmatch(r'"[\x21\x23-\x7e]+"', tile.etag)
    assert small.id in tile.etag


@pytest.mark.parametrize(
    ("question", "error", "message"),
    [
        (("luck", "2024-01", 0, 0, 0), FieldUnknown, "'luck' is not a layer .* risk, pressure"),
        (("value", "2024-01", 0, 0, 0), FieldUnknown, "'value' is not a layer"),
        (("risk", "1999-01", 0, 0, 0), PeriodUnknown, "1999-01"),
        (("risk", "2024-01", 13, 0, 0), QueryError, "zooms are 0 to 12"),
        (("risk", "2024-01", -1, 0, 0), QueryError, "zooms are 0 to 12"),
        (("risk", "2024-01", 3, 8, 0), QueryError, "0 to 7"),
        (("risk", "2024-01", 3, 0, -1), QueryError, "0 to 7"),
    ],
)
def test_a_wrong_question_is_told(small, question, error, message) -> None:
    with pytest.raises(error, match=message):
        make_tile(small, *question)


def test_tilejson_leads_to_tiles_of_just_this_snapshot(small) -> None:
    told = tilejson(small, "risk", "2024-02", "https://maps.example.org/")
    assert told["tilejson"] == "3.0.0"
    assert told["tiles"] == [
        f"https://maps.example.org/v1/snapshots/{small.id}/tiles/risk/2024-02/{{z}}/{{x}}/{{y}}.mvt"
    ]
    assert (told["minzoom"], told["maxzoom"]) == (0, 12)
    assert told["bounds"] == small.manifest["bounds"]


def test_tilejson_tells_credits_limits_and_that_the_place_is_invented(small, make_snapshot, disk) -> None:
    credit = tilejson(small, "risk", "2024-02", "")["attribution"]
    assert "not where it happens" in credit
    assert "SYNTHETIC" in credit
    assert "ACLED &amp; partners" in credit
    assert "National &lt;survey&gt;" in credit
    assert credit.count("WorldPop") == 1

    real = make_snapshot(disk(2.5, 45.2, 6, 0), change=lambda manifest: manifest["case"].update(synthetic=False))
    assert "SYNTHETIC" not in tilejson(real, "risk", "2024-02", "")["attribution"]


@pytest.mark.parametrize("layer", ["risk", "pressure", "homes", "rents"])
def test_tilejson_names_the_properties_that_tiles_have(small, world, layer) -> None:
    (told,) = tilejson(small, layer, "2024-02", "")["vector_layers"]
    assert told["id"] == layer
    properties = {key for f in features(small, layer, "2024-02", over(*world.centre, 6)) for key in f["properties"]}
    assert properties <= set(told["fields"])


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ([44, 1, 46, 3], [44, 1, 46, 3]),
        ([178.5, -18, 181.5, -16], [-180, -18, 180, -16]),
        ([178.5, -18, -178.5, -16], [-180, -18, 180, -16]),
        ([-181, -95, 20, 95], [-180, -90, 180, 90]),
    ],
)
def test_bounds_stay_within_the_world(make_snapshot, disk, bounds, told) -> None:
    snapshot = make_snapshot(disk(2.5, 45.2, 6, 0), change=lambda manifest: manifest.update(bounds=bounds))
    assert tilejson(snapshot, "risk", "2024-01", "")["bounds"] == told


def test_tilejson_refuses_what_there_is_not(small) -> None:
    with pytest.raises(FieldUnknown):
        tilejson(small, "luck", "2024-01", "")
    with pytest.raises(PeriodUnknown):
        tilejson(small, "risk", "1999-01", "")
