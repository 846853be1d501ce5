"""Points: exact ones in their cell, vague ones over their area, lost ones with a reason."""

import numpy as np
import pyarrow as pa
import shapely

from riskmap.grid.points import NO_AREA, NO_PLACE, OUTSIDE, land, read_points
from riskmap.grid.spread import Ground


def landing(ground, points, precision):
    lon, lat = np.array(points, float).T
    return land((lon, lat), np.array(precision, dtype=object), ground)


def test_each_precision_lands_in_its_own_way(ground, seven, centre) -> None:
    here = (float(seven.lon[centre]), float(seven.lat[centre]))
    west = (here[0] - 0.02, here[1])
    found = landing(ground, [here, here, west, here, here], ["exact", "near", "adm1", "country", "none"])
    assert found.cell.tolist() == [centre, centre, -1, -1, -1]
    assert found.level.tolist() == [-1, -1, 1, 0, -1]
    assert found.area.tolist() == [-1, -1, 0, 0, -1]
    assert found.reason.tolist() == ["", "", "", "", NO_PLACE]


def test_a_level_without_boundaries_falls_back_on_the_next_coarser(ground, seven, centre) -> None:
    east = (float(seven.lon[centre]) + 0.02, float(seven.lat[centre]))
    assert landing(ground, [east], ["adm2"]).level.tolist() == [1]


def test_what_lies_off_the_area_is_told_so(ground) -> None:
    found = landing(ground, [(0, 0), (0, 0)], ["exact", "adm1"])
    assert found.reason.tolist() == [OUTSIDE, NO_AREA]


def test_a_point_beyond_the_boundary_in_a_cell_of_the_area_is_kept_and_marked(ground, seven, centre) -> None:
    smaller = Ground(seven, {0: (ground.areas[0][0].__class__("XMV", "M", 0, seven.polygons[centre].buffer(-0.01)),)})
    edge = shapely.get_coordinates(seven.polygons[centre])[0] * 0.999 + 0.001 * np.array(
        [seven.lon[centre], seven.lat[centre]]
    )
    found = landing(smaller, [tuple(edge)], ["exact"])
    assert (found.cell[0], found.on_border[0]) == (centre, True)


def test_points_are_read_from_bytes_of_every_kind_and_the_rest_is_handed_back() -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    plain, deep = shapely.Point(45.1, 2.2), shapely.Point(45.3, 2.4, 7.0)
    kinds = [
        shapely.to_wkb(line),
        shapely.to_wkb(plain),
        shapely.to_wkb(plain, byte_order=0),
        shapely.to_wkb(deep, output_dimension=3),
        shapely.to_wkb(shapely.Point()),
        shapely.to_wkb(shapely.set_srid(plain, 4326), include_srid=True),
    ]
    lon, lat, shapes = read_points(pa.array(kinds, pa.binary()).slice(0))
    assert lon[[1, 2, 3, 5]].tolist() == [45.1, 45.1, 45.3, 45.1]
    assert lat[[1, 2, 3, 5]].tolist() == [2.2, 2.2, 2.4, 2.2]
    assert np.isnan(lon[[0, 4]]).all()
    assert shapes == {0: line}
    assert read_points(pa.array(kinds, pa.binary()).slice(1, 2))[0].tolist() == [45.1, 45.1]
    assert [len(one) for one in read_points(pa.array([], pa.binary()))] == [0, 0, 0]


def test_a_point_without_coordinates_is_outside(ground) -> None:
    found = landing(ground, [(np.nan, np.nan), (0.0, 95.0)], ["exact", "near"])
    assert found.reason.tolist() == [OUTSIDE, OUTSIDE]
    assert found.on_border.tolist() == [False, False]


def test_many_points_are_marked_on_the_border_as_one_by_one(ground, country) -> None:
    chance = np.random.default_rng(4)
    west, south, east, north = country.bounds
    smaller = Ground(ground.grid, {0: (ground.areas[0][0].__class__("XMV", "M", 0, country.buffer(-0.02)),)})
    points = np.stack([chance.uniform(west, east, 500), chance.uniform(south, north, 500)], axis=1)
    found = landing(smaller, points, ["exact"] * 500)
    inside = [smaller.areas[0][0].geometry.intersects(shapely.Point(*point)) for point in points]
    assert found.on_border.tolist() == [
        bool(cell >= 0 and not here) for cell, here in zip(found.cell, inside, strict=True)
    ]
    assert 0 < found.on_border.sum() < 500
