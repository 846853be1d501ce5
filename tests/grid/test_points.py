"""Points: exact ones in their cell, vague ones over their area, lost ones with a reason."""

import numpy as np
import shapely

from riskmap.grid.points import NO_AREA, NO_PLACE, OUTSIDE, land
from riskmap.grid.spread import Ground


def landing(ground, points, precision):
    return land(np.array([shapely.Point(*p) for p in points], dtype=object), np.array(precision, dtype=object), ground)


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
