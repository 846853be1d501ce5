"""GHS-POP: people by pixel from the Joint Research Centre, every five years, in equal-area pixels of its own.

Counts are never moved onto other pixels: a raster that was reprojected or resampled on its way here is refused, since
that changes its total. The grid takes its cells into the raster's coordinate system instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
from pyproj import Transformer

from riskmap.errors import FetchError, InputError
from riskmap.model.access import Access
from riskmap.model.layer import Layer
from riskmap.model.licence import Licence
from riskmap.model.raw import Asked, Raw
from riskmap.sources.answers import zip_with
from riskmap.sources.archive import inside, is_archive, members
from riskmap.sources.columns import received
from riskmap.sources.options import Given, checked
from riskmap.sources.pixels import UNITS, Lattice, first_day, survey, taken_as
from riskmap.sources.sight import Sight
from riskmap.sources.source import Options, Reading
from riskmap.sources.wire import Ask, Wire

_NAME = re.compile(
    r"GHS_POP_E(?P<epoch>\d{4})_GLOBE_(?P<release>R\d{4}[A-Z])_(?P<crs>54009|4326)_(?P<resolution>100|1000|3ss|30ss)"
    r"_V(?P<version>\d+_\d+)(_(?P<tile>R\d+_C\d+))?\.tiff?",
    re.IGNORECASE,
)
_PIXELS = {"100": 100.0, "1000": 1000.0, "3ss": 3 / 3600, "30ss": 30 / 3600}
_PROJECTIONS = {"54009": "moll", "4326": "longlat"}
_NOT_FOUND = 404
_EPOCHS = range(1975, 2031, 5)
_STEP_YEARS = 5
_FIRST_PROJECTED = 2025
_RELEASE, _VERSION, _CRS = "R2023A", "V1_0", "54009"
_TILE = re.compile(r"R\d{1,2}_C\d{1,2}")
_TILE_M, _WEST_M, _NORTH_M = 1_000_000.0, -18_041_000.0, 9_000_000.0
_MOLLWEIDE = "ESRI:54009"

_LICENCE = Licence(
    id="CC-BY-4.0",
    attribution="GHS-POP R2023A, European Commission, Joint Research Centre (JRC)",
    url="https://creativecommons.org/licenses/by/4.0/",
    raw=True,
    derived=True,
)
_ACCESS = Access(
    "open",
    endpoints={"files": "https://jeodpp.jrc.ec.europa.eu/ftp/jrc-opendata/GHSL/GHS_POP_GLOBE_R2023A"},
    pace_s=1.0,
    home="https://human-settlement.emergency.copernicus.eu/download.php",
)


class _Options(Given):
    """None: a file's name tells all."""


@dataclass(frozen=True)
class GhsPop:
    """People by pixel of an epoch.

    Measure: `population`, one record for each raster, in force from its epoch to the next. Epochs from 2025 on are
    projections and so preliminary. Tiles that lie side by side are summed; whole-world files and tiles, or two
    resolutions, of one epoch must not stand in one case.
    """

    name: str = "ghs_pop"
    title: str = "GHS-POP: people by pixel, every five years"
    licence: Licence = _LICENCE
    access: Access = _ACCESS
    options: frozenset[str] = frozenset(_Options.model_fields)
    lists_all: bool = False

    def recognises(self, sight: Sight) -> bool:
        """Whether a file, by its first look, is one of this provider's: rasters tell it by their names alone."""
        files = sight.keys if sight.kind == "zip" else [sight.name]
        return any(_NAME.fullmatch(PurePosixPath(one).name) is not None for one in files)

    def fetch(self, asked: Asked, wire: Wire) -> None:
        """The epoch in force at the end of the days asked for, as zipped rasters.

        Options: `resolution` in metres, `1000` (default: one file of the whole world) or `100`, which needs `tiles`
        such as `R9_C24 R9_C25` or `bbox` (west, south, east, north in degrees) that tells which tiles are needed.

        Raises:
            FetchError: An option is wrong, or the provider did not give them.
        """
        epoch = _epoch_of((asked.end - timedelta(days=1)).year)
        resolution = asked.options.get("resolution", "1000")
        if resolution not in ("100", "1000"):
            raise FetchError(f"GHS-POP option resolution is {resolution!r}; it takes 100 or 1000")
        product = f"GHS_POP_E{epoch}_GLOBE_{_RELEASE}_{_CRS}_{resolution}"
        folder = f"{product}/{_VERSION.replace('_', '-')}"
        tiles, lacking = _tiles(asked, resolution), 0
        for tile in tiles:
            file = f"{product}_{_VERSION}{f'_{tile}' if tile else ''}.zip"
            path = f"{folder}/tiles/{file}" if tile else f"{folder}/{file}"
            # A tile of sea alone does not exist.
            ask = Ask("records", {"file": file}, zip_with(".tif"), missing_ok=bool(tile))
            lacking += wire.get(wire.at("files", path), ask=ask).status == _NOT_FOUND
        if lacking == len(tiles):
            raise FetchError(
                f"GHS-POP has none of the tiles {' '.join(tiles)}; look at the option, or ask for the world"
            )

    def check(self, wire: Wire) -> None:
        """One small request: the folder of one product.

        Raises:
            FetchError: It does not answer as expected.
        """
        wire.get(wire.at("files", f"GHS_POP_E2025_GLOBE_{_RELEASE}_{_CRS}_1000/"), ask=Ask("index"))

    def read(self, raw: Raw, options: Options) -> Reading:
        """One record for each raster: the file itself, or those in a zip file; a pure function of its bytes.

        There are no options: a file's name tells epoch, coordinate system and resolution, and the raster must agree.

        Raises:
            InputError: The name is not GHS-POP's, or the raster cannot be read, was reprojected or resampled.
        """
        checked(_Options, raw, options)
        readings = [self._read(raw, file, href) for file, href in _rasters(raw)]
        return Reading(
            Layer.concat([one.layer for one in readings]),
            len(readings),
            len(readings),
            notes=tuple(note for one in readings for note in one.notes),
        )

    def _read(self, raw: Raw, file: str, href: str) -> Reading:
        found = _NAME.fullmatch(file)
        if found is None:
            raise InputError(raw.name, f"{file!r} is no name of GHS-POP's; keep the name under which it was published")
        sums, lattice = survey(raw, href)
        _check_untouched(raw, lattice, found["crs"], found["resolution"])
        epoch, projected = int(found["epoch"]), int(found["epoch"]) >= _FIRST_PROJECTED
        layer = Layer.build(
            {
                "record_id": [f"{found['crs']}/{found['resolution']}/{found['tile'] or 'GLOBE'}/{epoch}"],
                "version": f"{found['release'].upper()}.V{found['version']}",
                "source": self.name,
                "theme": "population",
                "measure": "population",
                "kind": "stock",
                "spread": "extensive",
                "unit": UNITS["count"],
                "start": first_day(epoch),
                "end": first_day(epoch + _STEP_YEARS),
                "time_precision": "year",
                "retrieved": received(raw, 1),
                "href": pa.array([href]),
                "preliminary": projected,
                "overlap_group": "residents",
                "licence": self.licence.id,
            }
        )
        return Reading(layer, 1, 1, notes=tuple(_notes(found, projected, tuple(taken_as(sums, "count")))))


def _notes(found: re.Match[str], projected: bool, seen: Sequence[str]) -> Iterator[str]:
    kind = "a projection, " if projected else ""
    yield (
        f"epoch {found['epoch']}, {kind}{found['release']}, EPSG/ESRI {found['crs']}, {found['resolution']},"
        f" {found['tile'] or 'the whole world'}: in force until the next epoch"
    )
    yield from seen
    if found["crs"] == "4326":
        yield "its provider has moved the counts onto degrees; the equal-area file (54009) keeps them as they were made"


def _rasters(raw: Raw) -> Sequence[tuple[str, str]]:
    """Name and GDAL's path of each raster in a file."""
    if not is_archive(raw):
        return [(raw.labels.get("file", raw.path.name), raw.path.as_posix())]
    found = [one for one in members(raw) if one.lower().endswith(".tif")]
    if not found:
        raise InputError(raw.name, "holds no raster; take the zip file as it was published")
    return [(PurePosixPath(one).name, inside(raw, one)) for one in found]


def _check_untouched(raw: Raw, lattice: Lattice, crs: str, resolution: str) -> None:
    """The raster lies as its name says.

    Raises:
        InputError: It does not, so that its counts may have been changed.
    """
    if lattice.projection != _PROJECTIONS[crs]:
        raise InputError(
            raw.name,
            f"its name says {crs}, but it is in {lattice.projection or 'another system'}: reprojecting counts changes"
            " their total; take the raster as it was published",
        )
    if not np.isclose(lattice.pixel, _PIXELS[resolution.lower()], rtol=1e-3):
        raise InputError(
            raw.name,
            f"its name says {resolution}, but its pixels are {lattice.pixel:g} wide: resampling counts changes their"
            " total; take the raster as it was published",
        )


def _epoch_of(year: int) -> int:
    """The last epoch that began by a year."""
    if year < _EPOCHS[0]:
        raise FetchError(f"GHS-POP begins in {_EPOCHS[0]}; ask for later days")
    return max(epoch for epoch in _EPOCHS if epoch <= year)


def _tiles(asked: Asked, resolution: str) -> Sequence[str]:
    """Tiles to be fetched; one empty word for the whole world."""
    told, box = asked.options.get("tiles", "").split(), asked.options.get("bbox", "")
    strange = [tile for tile in told if not _TILE.fullmatch(tile)]
    if strange:
        raise FetchError(f"GHS-POP option tiles holds {strange[0]!r}; tiles look like R9_C24")
    if resolution == "1000" and not told and not box:
        return [""]
    if not told and not box:
        raise FetchError("GHS-POP at 100 m comes in tiles: give option tiles, such as 'R9_C24 R9_C25', or option bbox")
    return told or _tiles_of(box)


def _tiles_of(box: str) -> Sequence[str]:
    """Tiles of 1000 km, counted from the north-west corner of the world, that a box in degrees touches."""
    try:
        west, south, east, north = (float(one) for one in box.replace(",", " ").split())
    except ValueError:
        west = south = east = north = np.nan
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise FetchError(f"GHS-POP option bbox is {box!r}; it takes west, south, east and north in degrees")
    lon, lat = np.meshgrid(np.linspace(west, east, 100), np.linspace(south, north, 100))
    x, y = Transformer.from_crs("OGC:CRS84", _MOLLWEIDE, always_xy=True).transform(lon, lat)
    columns, rows = np.floor((x - _WEST_M) / _TILE_M) + 1, np.floor((_NORTH_M - y) / _TILE_M) + 1
    pairs = {(int(row), int(column)) for row, column in zip(rows.ravel(), columns.ravel(), strict=True)}
    return [f"R{row}_C{column}" for row, column in sorted(pairs)]
