"""Disasters of the sample: an earthquake in the north (GDACS, ShakeMap) and a slow drought in the south (GDACS)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sample_dice import Dice
from sample_land import COUNTRY, ISO2, ISO3, NOTICE, Point
from sample_write import Json, feature, write_features, write_json

Floats = npt.NDArray[np.float64]

EPICENTRE: Point = (-23.55, -27.76)
MAGNITUDE, DEPTH_KM, QUAKE_TIME = 6.8, 11.0, "2025-02-11T04:17:36"
QUAKE_ID = "xmv2025cvqz"

_NODES_LON, _NODES_LAT, _SPACING = 150, 120, 0.02
_GRID_WEST, _GRID_NORTH = -25.0, -26.6

_API = "https://www.gdacs.org/gdacsapi/api"

_DRY_2024: tuple[Point, ...] = (
    (-23.9, -29.5),
    (-23.1, -29.5),
    (-23.1, -29.0),
    (-23.3, -29.0),
    (-23.3, -28.8),
    (-23.8, -28.8),
    (-23.8, -29.0),
    (-23.9, -29.0),
    (-23.9, -29.5),
)
_DRY_2025: tuple[Point, ...] = (
    (-24.3, -29.5),
    (-22.3, -29.5),
    (-22.3, -29.1),
    (-22.5, -29.1),
    (-22.5, -28.9),
    (-22.9, -28.9),
    (-22.9, -28.7),
    (-23.8, -28.7),
    (-23.8, -28.8),
    (-24.1, -28.8),
    (-24.1, -29.0),
    (-24.3, -29.0),
    (-24.3, -29.5),
)


@dataclass(frozen=True)
class Episode:
    """One state of an event, as the provider publishes it under the event's id.

    Args:
        kind: EQ or DR.
        event: Id of the event.
        number: Of the episode.
        name: What a person reads.
        centre: Its point.
        first: First moment.
        last: Last moment so far.
        modified: When it was published.
        score: Alert score.
        severity: Number, text and unit.
    """

    kind: str
    event: int
    number: int
    name: str
    centre: Point
    first: str
    last: str
    modified: str
    score: float
    severity: tuple[float, str, str]


QUAKE = Episode(
    "EQ",
    9_900_211,
    9_900_311,
    f"Earthquake in {COUNTRY}",
    EPICENTRE,
    QUAKE_TIME,
    QUAKE_TIME,
    "2025-02-11T09:02:11",
    1.9,
    (MAGNITUDE, f"Magnitude {MAGNITUDE}M, Depth:{DEPTH_KM:g}km", "M"),
)
_DROUGHT = ("DR", 9_900_103)
DROUGHT_2024 = Episode(
    *_DROUGHT,
    1,
    f"Drought in {COUNTRY}",
    (-23.5, -29.15),
    "2024-03-01T00:00:00",
    "2024-09-30T00:00:00",
    "2024-10-04T08:11:00",
    1.1,
    (4_700.0, "Minor impact for agricultural drought in 4700 km2", "km2"),
)
DROUGHT_2025 = Episode(
    *_DROUGHT,
    2,
    f"Drought in {COUNTRY}",
    (-23.3, -29.12),
    "2024-03-01T00:00:00",
    "2025-06-30T00:00:00",
    "2025-07-03T08:25:00",
    1.6,
    (13_200.0, "Medium impact for agricultural drought in 13200 km2", "km2"),
)


def write_disasters(folder: Path) -> None:
    """Event and geometry files of both disasters and the grid of the shaking."""
    shaking = shaking_grid()
    _write_shakemap(folder / "shakemap_grid.xml", shaking)
    write_json(folder / "gdacs_eq_event.json", _event(QUAKE, episodes=1))
    write_features(folder / "gdacs_eq_geometry.json", _quake_features())
    write_json(folder / "gdacs_dr_event.json", _event(DROUGHT_2025, episodes=2))
    write_features(folder / "gdacs_dr_geometry.json", _drought_features(DROUGHT_2025, _DRY_2025))
    write_features(folder / "gdacs_dr_ep1_geometry.json", _drought_features(DROUGHT_2024, _DRY_2024))


def intensity(km: Floats) -> Floats:
    """Shaking intensity (MMI) on firm ground at this distance from the epicentre; invented, but of the usual form."""
    slant = np.sqrt(km * km + DEPTH_KM * DEPTH_KM)
    return 8.6 - 3.4 * np.log10(slant / DEPTH_KM) - 0.003 * slant


def shaking_grid() -> Floats:
    """Longitude, latitude, MMI, ground motions and shear wave speed at every node, north to south: shape (nodes, 9)."""
    lon = _GRID_WEST + np.arange(_NODES_LON) * _SPACING
    lat = _GRID_NORTH - np.arange(_NODES_LAT) * _SPACING
    x, y = (axis.ravel() for axis in np.meshgrid(lon, lat))
    ground = 460 + 150 * np.sin(5 * x) * np.cos(7 * y) + 60 * np.sin(23 * x + 11 * y)
    km = np.hypot((x - EPICENTRE[0]) * 97.9, (y - EPICENTRE[1]) * 110.8)
    mmi = np.clip(intensity(km) + (460 - ground) / 700, 1.0, 10.0)
    pga = np.power(10, (mmi + 1.6) / 3.7) / 9.81
    pgv = np.power(10, (mmi - 2.89) / 3.16)
    return np.column_stack([x, y, mmi, pga, pgv, pga * 2.1, pga * 0.9, pga * 0.22, ground])


def _write_shakemap(path: Path, nodes: Floats) -> None:
    """The provider's grid.xml, its fields named in the header."""
    fields = ("LON", "LAT", "MMI", "PGA", "PGV", "PSA03", "PSA10", "PSA30", "SVEL")
    units = ("dd", "dd", "intensity", "%g", "cm/s", "%g", "%g", "%g", "m/s")
    named = [
        f'<grid_field index="{index}" name="{name}" units="{unit}" />'
        for index, (name, unit) in enumerate(zip(fields, units, strict=True), start=1)
    ]
    digits = (4, 4, 2, 3, 3, 3, 3, 3, 1)
    rows = [" ".join(f"{value:.{n}f}" for value, n in zip(node, digits, strict=True)) for node in nodes.tolist()]
    text = "\n".join([*_shakemap_head(nodes), *named, "<grid_data>", *rows, "</grid_data>", "</shakemap_grid>"])
    path.write_bytes(f"{text}\n".encode())


def _shakemap_head(nodes: Floats) -> list[str]:
    west, north = nodes[0, :2]
    east, south = nodes[-1, :2]
    space = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://earthquake.usgs.gov/eqcenter/shakemap"'
    versions = 'shakemap_version="4" code_version="synthetic" process_timestamp="2025-02-12T06:40:00Z"'
    grid = f'nominal_lon_spacing="{_SPACING}" nominal_lat_spacing="{_SPACING}" nlon="{_NODES_LON}" nlat="{_NODES_LAT}"'
    corners = f'lon_min="{west:.4f}" lat_min="{south:.4f}" lon_max="{east:.4f}" lat_max="{north:.4f}"'
    place = f'magnitude="{MAGNITUDE}" depth="{DEPTH_KM}" lat="{EPICENTRE[1]}" lon="{EPICENTRE[0]}"'
    told = f'event_timestamp="{QUAKE_TIME}" event_network="xm" event_description="{NOTICE}: northern {COUNTRY}"'
    status = 'shakemap_originator="xm" map_status="REVIEWED" shakemap_event_type="ACTUAL"'
    return [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
        f"<!-- {NOTICE}: this earthquake never happened. -->",
        f'<shakemap_grid {space} event_id="{QUAKE_ID}" shakemap_id="{QUAKE_ID}" {versions} {status}>',
        f'<event event_id="{QUAKE_ID}" {place} {told} />',
        f"<grid_specification {corners} {grid} />",
    ]


# ----------------------------------------------------------------------------------------------------------- GDACS
def _quake_features() -> list[Json]:
    """A centroid, the circle that the alert starts from and nested areas of equal shaking: alternatives, not parts."""
    features = [_point(QUAKE), _area(QUAKE, "Poly_Circle", "100km", _round_area(100, 0))]
    for level in (5, 6, 7):
        ring = _round_area(_radius_km(level), 0.06)
        features.append(_area(QUAKE, f"Poly_SMPInt_{level}.0", f"Intensity {level}", ring))
    return features


def _drought_features(episode: Episode, ring: tuple[Point, ...]) -> list[Json]:
    return [_point(episode), _area(episode, "Poly_area", "Affected Area", ring)]


def _radius_km(level: float) -> float:
    """Distance at which the shaking falls to this intensity, to half a km."""
    steps = np.arange(0, 400, 0.5)
    return float(steps[intensity(steps) >= level][-1])


def _round_area(radius_km: float, wobble: float) -> tuple[Point, ...]:
    dice = Dice(f"round {radius_km}")
    points = []
    for step in range(48):
        angle = 2 * math.pi * step / 48
        km = radius_km * (1 + dice.between(-wobble, wobble))
        lon = EPICENTRE[0] + km / 97.9 * math.cos(angle)
        points.append((round(lon, 4), round(EPICENTRE[1] + km / 110.8 * math.sin(angle), 4)))
    return (*points, points[0])


def _event(episode: Episode, episodes: int) -> Json:
    """What `geteventdata` answers."""
    query = f"eventtype={episode.kind}&eventid={episode.event}"
    listed = [
        {"details": f"{_API}/events/getepisodedata?{query}&episodeid={episode.number - back}"}
        for back in range(episodes)
    ]
    told = _properties(episode) | {"Class": "Point_Centroid", "polygonlabel": "Centroid", "episodes": listed[::-1]}
    return {"bbox": _bbox([episode.centre]), **feature(told, "Point", episode.centre)}


def _point(episode: Episode) -> Json:
    told = _properties(episode) | {"Class": "Point_Centroid", "polygonlabel": "Centroid"}
    return {"bbox": _bbox([episode.centre]), **feature(told, "Point", episode.centre)}


def _area(episode: Episode, kind: str, label: str, ring: tuple[Point, ...]) -> Json:
    told = _properties(episode) | {"polygondate": episode.modified, "polygonlabel": label, "Class": kind}
    return {"bbox": _bbox(ring), **feature(told, "Polygon", [ring])}


def _properties(episode: Episode) -> dict[str, object]:
    query = f"eventtype={episode.kind}&eventid={episode.event}"
    number, text, unit = episode.severity
    return {
        "eventtype": episode.kind,
        "eventid": episode.event,
        "episodeid": episode.number,
        "eventname": "",
        "glide": "",
        "name": episode.name,
        "description": f"{episode.name} ({NOTICE})",
        "htmldescription": f"Orange {episode.name} from: {episode.first[:10]} to: {episode.last[:10]}.",
        "icon": "",
        "iconoverall": None,
        "url": {"geometry": f"{_API}/polygons/getgeometry?{query}&episodeid={episode.number}"},
        "alertlevel": "Orange",
        "alertscore": episode.score,
        "episodealertlevel": "Orange",
        "episodealertscore": episode.score,
        "istemporary": "false",
        "iscurrent": "false",
        "country": COUNTRY,
        "fromdate": episode.first,
        "todate": episode.last,
        "datemodified": episode.modified,
        "iso3": ISO3,
        "source": NOTICE,
        "sourceid": "",
        "affectedcountries": [{"iso2": ISO2, "iso3": ISO3, "countryname": COUNTRY}],
        "severitydata": {"severity": number, "severitytext": text, "severityunit": unit},
    }


def _bbox(points: Sequence[Point]) -> list[float]:
    """West, south, east, north."""
    lons, lats = zip(*points, strict=True)
    return [min(lons), min(lats), max(lons), max(lats)]
