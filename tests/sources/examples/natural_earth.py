"""Natural Earth's countries as a zipped shapefile: ISO_A3 is -99 for France, Norway and Kosovo."""

import tempfile
from pathlib import Path

import geopandas
import shapely
from example import Example
from pictures import zipped

LAYER = "ne_10m_admin_0_countries"
COLUMNS = ("FEATURECLA", "ADMIN", "NAME", "NAME_LONG", "ISO_A3", "ISO_A3_EH", "ADM0_A3")
COUNTRIES = (
    ("Admin-0 country", "France", "France", "France", "-99", "FRA", "FRA"),
    ("Admin-0 country", "Norway", "Norway", "Norway", "-99", "NOR", "NOR"),
    ("Admin-0 country", "Kosovo", "Kosovo", "Kosovo", "-99", "-99", "KOS"),
    ("Admin-0 country", "Somaliland", "Somaliland", "Somaliland", "-99", "-99", "SOL"),
    ("Admin-0 country", "Namibia", "Namibia", "Namibia", "NAM", "NAM", "NAM"),
    ("Admin-0 country", "Australia", "Australia", "Australia", "AUS", "AUS", "AUS"),
    ("Admin-0 dependency", "Ashmore and Cartier Islands", "Ashmore", "Ashmore", "AUS", "AUS", "ATC"),
)


def shapefile(rows: tuple[tuple[str, ...], ...]) -> bytes:
    """A zipped shapefile of a square for each row."""
    places = range(0, 2 * len(rows), 2)
    frame = geopandas.GeoDataFrame(
        dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)),
        geometry=[shapely.box(west, 0, west + 1, 1) for west in places],
        crs="EPSG:4326",
    )
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(Path(folder) / f"{LAYER}.shp", engine="pyogrio")
        return zipped({path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())})


EXAMPLE = Example(
    name=f"{LAYER}.zip",
    content=shapefile(COUNTRIES),
    read=7,
    quarantined={},
    totals={},
    shuffled=shapefile(COUNTRIES[::-1]),
)
