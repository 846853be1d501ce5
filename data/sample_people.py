"""Boundaries and people of the sample: COD-AB layers, a WorldPop raster and a population table that agree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import shapely

from sample_land import (
    COUNTRY,
    ISO2,
    ISO3,
    NOTICE,
    REGIONS,
    ROAD,
    District,
    Ring,
    region_rings,
)
from sample_write import Json, Row, feature, write_csv, write_features

Floats = npt.NDArray[np.float64]
Places = dict[str, npt.NDArray[np.bool_]]

RESIDENTS: Mapping[str, int] = {
    "XM0101": 52_000,
    "XM0102": 96_000,
    "XM0103": 141_000,
    "XM0104": 88_000,
    "XM0105": 61_000,
    "XM0201": 43_000,
    "XM0202": 72_000,
    "XM0203": 38_000,
    "XM0204": 69_000,
    "XM0301": 372_000,
    "XM0302": 118_000,
    "XM0303": 104_000,
    "XM0304": 97_000,
    "XM0401": 83_000,
    "XM0402": 64_000,
    "XM0403": 76_000,
    "XM0404": 58_000,
    "XM0501": 9_000,
    "XM0502": 54_000,
    "XM0503": 81_000,
    "XM0504": 73_000,
    "XM0505": 66_000,
}
"""People each district is meant to have; the table says what the raster really holds, which differs by rounding."""

PIXEL = 1 / 120  # 30 arc-seconds, as the provider's 1 km product
WEST, NORTH, WIDTH, HEIGHT = -25.0, -27.4, 354, 252
NODATA = -99999.0
_EMPTY_BELOW = 0.8  # people per pixel; thinner than that nobody lives there, which is an observed zero


def write_people(folder: Path, land: Mapping[str, District]) -> None:
    """Boundaries of both levels, the population raster and the population table."""
    write_boundaries(folder, land)
    inside = pixels_inside(land)
    people = population(land, inside)
    write_raster(folder / "worldpop_2024.tif", people)
    hundredths = np.rint(np.where(people == NODATA, 0, people) * 100).astype(np.int64)
    totals = {code: round(int(hundredths[mask].sum()) / 100) for code, mask in inside.items()}
    rows: list[Row] = [
        {
            "ISO3": ISO3,
            "ADM1_PCODE": district.region,
            "ADM1_NAME": REGIONS[district.region],
            "ADM2_PCODE": code,
            "ADM2_NAME": district.name,
            "T_TL": totals[code],
            "year": 2024,
            "source": NOTICE,
        }
        for code, district in land.items()
    ]
    tags = (
        "#country+code",
        "#adm1+code",
        "#adm1+name",
        "#adm2+code",
        "#adm2+name",
        "#population",
        "#date+year",
        "#meta",
    )
    write_csv(folder / "population.csv", rows, dict(zip(rows[0], tags, strict=True)))


def write_boundaries(folder: Path, land: Mapping[str, District]) -> None:
    """`adm1.geojson` and `adm2.geojson` with the columns of common operational datasets."""
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    regions = [
        feature({"ADM1_EN": name, "ADM1_PCODE": code, **_country()}, "MultiPolygon", _parts(region_rings(land, code)))
        for code, name in REGIONS.items()
    ]
    write_features(folder / "adm1.geojson", regions, name="xmv_admbnda_adm1_synthetic", crs=crs)
    parts = [feature(_names(district), "MultiPolygon", _parts(district.rings)) for district in land.values()]
    write_features(folder / "adm2.geojson", parts, name="xmv_admbnda_adm2_synthetic", crs=crs)


def pixels_inside(land: Mapping[str, District]) -> Places:
    """Which pixels have their centre in each district."""
    lon, lat = pixel_centres()
    found = {}
    for code, district in land.items():
        shape = district.shape
        shapely.prepare(shape)
        found[code] = np.asarray(shapely.contains_xy(shape, lon, lat), dtype=bool)
    return found


def pixel_centres() -> tuple[Floats, Floats]:
    """Longitude and latitude of every pixel's centre, each of the raster's shape."""
    lon = WEST + (np.arange(WIDTH) + 0.5) * PIXEL
    lat = NORTH - (np.arange(HEIGHT) + 0.5) * PIXEL
    grid_lon, grid_lat = np.meshgrid(lon, lat)
    return grid_lon, grid_lat


def population(land: Mapping[str, District], inside: Places) -> npt.NDArray[np.float32]:
    """People per pixel: towns, a populated strip along the road, thin countryside; `NODATA` in the sea and abroad."""
    lon, lat = pixel_centres()
    road = np.asarray(shapely.distance(shapely.points(lon, lat), shapely.LineString(ROAD)), dtype=np.float64) * 100
    people = np.full((HEIGHT, WIDTH), NODATA)
    for code, district in land.items():
        residents = RESIDENTS[code]
        km = np.hypot((lon - district.town[0]) * 97.9, (lat - district.town[1]) * 110.8)
        town = np.exp(-((km / (1.6 + residents / 90_000)) ** 2)) * 60
        weight = np.where(inside[code], town + 2.5 * np.exp(-((km / 14) ** 2)) + np.exp(-((road / 3) ** 2)) + 0.12, 0.0)
        share = residents * weight / weight.sum()
        share[share < _EMPTY_BELOW] = 0
        people[inside[code]] = np.round(share[inside[code]], 2)
    return people.astype(np.float32)


def write_raster(path: Path, people: npt.NDArray[np.float32]) -> None:
    """A tiled GeoTIFF; LZW, whose bytes do not depend on the version of a compression library."""
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": HEIGHT, "width": WIDTH, "nodata": NODATA}
    tiling = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "lzw"}
    place = {"crs": "EPSG:4326", "transform": rasterio.Affine(PIXEL, 0, WEST, 0, -PIXEL, NORTH)}
    with rasterio.open(path, "w", **profile, **tiling, **place) as raster:
        raster.write(people, 1)
        raster.update_tags(TIFFTAG_IMAGEDESCRIPTION=f"{NOTICE}: people per pixel, 2024", AREA_OR_POINT="Area")


def _country() -> Json:
    return {
        "ADM0_EN": f"{COUNTRY} (invented)",
        "ADM0_PCODE": ISO2,
        "date": "2023-06-30",
        "validOn": "2023-09-01",
        "validTo": None,
        "source": NOTICE,
    }


def _names(district: District) -> Json:
    return {
        "ADM2_EN": district.name,
        "ADM2_PCODE": district.code,
        "ADM2_REF": None,
        "ADM2ALT1EN": district.other_name,
        "ADM2ALT2EN": None,
        "ADM1_EN": REGIONS[district.region],
        "ADM1_PCODE": district.region,
        **_country(),
    }


def _parts(rings: tuple[Ring, ...]) -> list[list[Ring]]:
    return [[ring] for ring in rings]
