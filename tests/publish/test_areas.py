"""Areas: outlines made of the cells named after them."""

import h3
import numpy as np
import pyarrow as pa
import pytest
import shapely

from riskmap.publish.areas import area_outlines
from riskmap.publish.shapes import cell_shapes


class Named:
    """A snapshot whose cells are named as the test wants."""

    def __init__(self, snapshot, names: list[str | None]) -> None:
        cells = snapshot.table("cells")
        for level in (1, 2):
            for column in (f"admin{level}_pcode", f"admin{level}_name"):
                cells = cells.set_column(
                    cells.column_names.index(column),
                    column,
                    pa.array(names if level == 1 else [None] * len(names), pa.string()),
                )
        self._cells, self._snapshot = cells, snapshot

    def table(self, name: str) -> pa.Table:
        return self._cells if name == "cells" else self._snapshot.table(name)

    def __getattr__(self, name: str):
        return getattr(self._snapshot, name)


def test_each_unit_is_the_union_of_its_cells(small) -> None:
    count = len(small.cells)
    names = ["East" if row % 2 else "West" for row in range(count - 1)] + [None]
    told = area_outlines(Named(small, names))
    assert [feature["properties"]["name"] for feature in told["features"]] == ["East", "West"]
    for feature in told["features"]:
        mine = np.array([name == feature["properties"]["name"] for name in names])
        outline = shapely.geometry.shape(feature["geometry"])
        assert outline.area == pytest.approx(shapely.union_all(cell_shapes(small)[mine]).area, rel=1e-3)
        inside = shapely.Point(feature["properties"]["lon"], feature["properties"]["lat"])
        assert outline.buffer(1e-4).contains(inside)


def test_a_snapshot_without_names_has_no_outlines(small) -> None:
    assert area_outlines(Named(small, [None] * len(small.cells))) == {"type": "FeatureCollection", "features": []}


def test_neighbours_leave_no_seam_between_them(small) -> None:
    told = area_outlines(Named(small, ["One"] * len(small.cells)))
    (feature,) = told["features"]
    outline = shapely.geometry.shape(feature["geometry"])
    clusters = {frozenset(h3.grid_disk(h3.int_to_str(int(cell)), 1)) for cell in small.cells}
    assert shapely.get_num_geometries(outline) <= len(clusters)
    assert all(len(polygon.interiors) == 0 for polygon in shapely.get_parts(outline))
