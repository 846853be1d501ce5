"""Cells as polygons in degrees, against h3."""

import h3
import numpy as np
import pytest
import shapely

from riskmap.publish.shapes import cell_shapes


def expected(cell) -> shapely.Polygon:
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(h3.int_to_str(int(cell)))])


def test_outlines_are_those_of_h3_to_a_few_centimetres(small) -> None:
    shapes = cell_shapes(small)
    assert len(shapes) == len(small.cells)
    for shape, cell in zip(shapes, small.cells, strict=True):
        assert shape.hausdorff_distance(expected(cell)) < 5e-7
        assert shape.exterior.is_ccw


def test_a_pentagon_is_whole(make_snapshot) -> None:
    pentagon = h3.str_to_int(h3.get_pentagons(5)[2])
    (shape,) = cell_shapes(make_snapshot([pentagon]))
    assert shape.hausdorff_distance(expected(pentagon)) < 5e-7


@pytest.mark.parametrize("lon", [179.999, -179.999])
def test_a_cell_on_the_antimeridian_is_cut_in_two(make_snapshot, lon) -> None:
    cell = h3.latlng_to_cell(-17.0, lon, 4)
    shape = cell_shapes(make_snapshot([h3.str_to_int(cell)]))[0]
    assert shape.geom_type == "MultiPolygon"
    west, east = sorted(shape.geoms, key=lambda part: part.bounds[0])
    assert west.bounds[0] == -180
    assert east.bounds[2] == 180
    ring = [(x + 360 * (x < 0), y) for y, x in h3.cell_to_boundary(cell)]
    assert west.area + east.area == pytest.approx(shapely.Polygon(ring).area, rel=1e-6)
    assert all(part.exterior.is_ccw for part in shape.geoms)


def test_cells_beside_the_antimeridian_stay_whole(make_snapshot, disk) -> None:
    shapes = cell_shapes(make_snapshot(disk(-17.0, 179.9, 5, 4)))
    bounds = shapely.bounds(shapes)
    assert bounds[:, 0].min() == -180
    assert bounds[:, 2].max() == 180
    assert np.unique(shapely.get_type_id(shapes)).tolist() == [3, 6]
