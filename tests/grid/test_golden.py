"""Golden: known points, polygons, rasters and lines on the antimeridian, on both poles and round a pentagon.

The figures were made by other libraries once: cells by h3-py; parts by cutting the shape with GEOS at the outlines that
h3-py gives, their edges parted every 0.0005 degrees, and measuring them with pyproj's `Geod` on the WGS 84 ellipsoid. The
caps round the poles are those of the closed form (Snyder, Map Projections, 1987, equation 3-12). They are in km² and km.
"""

from dataclasses import dataclass

import h3
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_bounds

from riskmap.grid.cells import Grid, cell_text, cells_at, grid_over
from riskmap.grid.lines import length_shares
from riskmap.grid.polygons import area_shares
from riskmap.grid.rasters import mean_cells, sum_cells


@dataclass(frozen=True)
class Place:
    """A place where grids go wrong.

    Args:
        points: Longitude and latitude of points that lie in one cell.
        cell: That cell, at resolution 4.
        box: West, south, east and north of an area.
        line: Ends of a line.
        km2: What cells have of the area.
        km: What cells have of the line.
    """

    points: list[tuple[float, float]]
    cell: str
    box: tuple[float, float, float, float]
    line: list[tuple[float, float]]
    km2: dict[str, float]
    km: dict[str, float]


PLACES = {
    "antimeridian": Place(
        points=[(180.0, -17.5), (-180.0, -17.5), (179.99, -17.49), (-179.99, -17.51)],
        cell="849b43dffffffff",
        box=(179.6, -17.8, 180.4, -17.2),
        line=[(179.6, -17.7), (180.4, -17.3)],
        km2={
            "849b407ffffffff": 17.352248,
            "849b423ffffffff": 437.250423,
            "849b42bffffffff": 228.942290,
            "849b431ffffffff": 1398.232038,
            "849b433ffffffff": 32.384363,
            "849b435ffffffff": 913.492550,
            "849b439ffffffff": 932.816229,
            "849b43bffffffff": 79.847318,
            "849b43dffffffff": 1601.383310,
        },
        km={"849b435ffffffff": 29.210202, "849b439ffffffff": 31.833917, "849b43dffffffff": 34.757344},
    ),
    "north pole": Place(
        points=[(0.0, 90.0), (123.0, 90.0), (-180.0, 89.99), (45.0, 89.95)],
        cell="8403263ffffffff",
        box=(-180.0, 89.95, 180.0, 90.0),
        line=[(10.0, 89.95), (10.0, 90.0)],
        km2={"8403263ffffffff": 97.982695},
        km={"8403263ffffffff": 5.584699},
    ),
    "south pole": Place(
        points=[(0.0, -90.0), (-77.0, -90.0), (180.0, -89.99), (45.0, -89.95)],
        cell="84f2939ffffffff",
        box=(-180.0, -90.0, 180.0, -89.95),
        line=[(10.0, -89.95), (10.0, -90.0)],
        km2={"84f2939ffffffff": 97.982695},
        km={"84f2939ffffffff": 5.584699},
    ),
    "pentagon": Place(
        points=[(-5.245390, 2.300882), (-5.2, 2.35), (-5.3, 2.25)],
        cell="8474001ffffffff",
        box=(-5.65, 2.0, -4.85, 2.6),
        line=[(-5.65, 2.1), (-4.85, 2.5)],
        km2={
            "8474001ffffffff": 892.592829,
            "8474005ffffffff": 1036.585541,
            "8474007ffffffff": 632.380277,
            "8474009ffffffff": 899.016800,
            "847400bffffffff": 1050.780008,
            "847400dffffffff": 747.036570,
            "8474029ffffffff": 0.944727,
            "847402bffffffff": 179.229123,
            "8474039ffffffff": 23.008189,
            "8474043ffffffff": 44.260450,
            "8474055ffffffff": 114.208927,
            "8474057ffffffff": 54.413575,
            "8474063ffffffff": 229.238830,
        },
        km={
            "8474001ffffffff": 32.960520,
            "8474005ffffffff": 30.809809,
            "8474009ffffffff": 28.154152,
            "847402bffffffff": 3.076981,
            "8474055ffffffff": 4.369105,
        },
    ),
}


@pytest.fixture(params=list(PLACES))
def place(request) -> Place:
    return PLACES[request.param]


@pytest.fixture
def grid(place) -> Grid:
    """The cells round the place, many more than the area has."""
    return Grid(np.array(sorted(map(h3.str_to_int, h3.grid_disk(place.cell, 4))), np.uint64), 4)


def by_cell(grid: Grid, values: np.ndarray) -> dict[str, float]:
    return {text: value for text, value in zip(cell_text(grid.cells), values.tolist(), strict=True) if value > 1e-6}


def test_points(place) -> None:
    lon, lat = np.array(place.points).T.copy()
    assert set(cell_text(cells_at(lon, lat, 4))) == {place.cell}
    assert h3.is_pentagon(place.cell) == (place is PLACES["pentagon"])


def test_polygons(place, grid) -> None:
    shares = area_shares([shapely.box(*place.box)], grid)
    assert by_cell(grid, shares.km2.toarray()[0]) == pytest.approx(place.km2, abs=5e-6)
    assert shares.total_km2[0] == pytest.approx(sum(place.km2.values()), abs=2e-5)


def test_the_grid_over_a_polygon_has_the_same_cells(place) -> None:
    """However the area is written: beyond 180 degrees, or in two parts."""
    west, south, east, north = place.box
    parts = [shapely.box(west, south, min(east, 180), north)]
    parts += [shapely.box(-180, south, east - 360, north)] if east > 180 else []
    assert set(cell_text(grid_over(shapely.union_all(parts), 4).cells)) >= set(place.km2)


def test_rasters(place, grid, tmp_path) -> None:
    """One to the km², and a mean of sevens; within a pixel, area is that of degrees, which is a matter of 400 m²."""
    for value in (1, 7):
        profile = {"driver": "GTiff", "width": 90, "height": 45, "count": 1, "dtype": "float64", "crs": "EPSG:4326"}
        with rasterio.open(
            tmp_path / f"{value}.tif", "w", **profile, transform=from_bounds(*place.box, 90, 45)
        ) as file:
            file.write(np.full((1, 45, 90), value))
    found = sum_cells(str(tmp_path / "1.tif"), grid, "density")
    assert by_cell(grid, np.nan_to_num(found.values)) == pytest.approx(place.km2, abs=1e-3)
    assert found.total_in == pytest.approx(sum(place.km2.values()), abs=2e-5)
    mean = mean_cells(str(tmp_path / "7.tif"), grid)
    assert set(mean.values[~np.isnan(mean.values)]) == {7.0}
    assert by_cell(grid, np.nan_to_num(mean.known_km2)) == pytest.approx(place.km2, abs=1e-3)


def test_lines(place, grid) -> None:
    shares = length_shares([shapely.LineString(place.line)], grid)
    assert by_cell(grid, shares.km.toarray()[0]) == pytest.approx(place.km, abs=2e-5)
    assert shares.total_km[0] == pytest.approx(sum(place.km.values()), abs=2e-5)
