"""GDACS files of five kinds, each read into sightings: one state of one event, with one of its shapes.

Bounding boxes are never read: their order differs between feeds and they run beyond the antimeridian.
"""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

import shapely

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Table
from riskmap.sources.markup import root_of
from riskmap.sources.tabular import is_json, json_list, read_json, read_table
from riskmap.sources.vectors import shape_of

CENTROID = "Point_Centroid"
ALERTED = "Poly_area"

_CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
_GDACS = "{http://www.gdacs.org}"
_GEO = "{http://www.w3.org/2003/01/geo/wgs84_pos#}"
_GEORSS = "{http://www.georss.org/georss}"


@dataclass(frozen=True)
class Sighting:
    """One state of one event, as text, with one of its shapes.

    Args:
        kind: Two letters: EQ, TC, FL, DR, VO, WF; empty where not told, and so below.
        event: Id, unique within its kind.
        episode: Number of the state; a later one takes the place of an earlier.
        start: First moment in ISO form, UTC.
        end: Last moment, likewise.
        modified: When it was published, likewise.
        alert: Alert level as written.
        ongoing: Whether the provider still expects it to change.
        part: What the shape is, in the provider's words (`Class`).
        label: Its label, such as `60 km/h`.
        shape: In lon/lat; None where there is none or it cannot be read.
    """

    kind: str
    event: str
    episode: str
    start: str
    end: str
    modified: str
    alert: str
    ongoing: bool
    part: str
    label: str
    shape: shapely.Geometry | None


@dataclass(frozen=True)
class Feed:
    """What a file holds.

    Args:
        sightings: In the order of the file.
        malformed: Rows of a list that do not fit its header: row and its number of cells.
        notes: What was repaired or assumed while reading.
    """

    sightings: tuple[Sighting, ...]
    malformed: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()


def read_feed(raw: Raw) -> Feed:
    """Everything that a GDACS file tells.

    Event and geometry JSON, GeoRSS, CAP and the archived list of floods are told apart by content.

    Raises:
        InputError: It is none of these, or cut short.
    """
    if is_json(raw):
        return Feed(tuple(_from_geojson(raw)))
    if raw.path.read_bytes().removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<":
        return Feed(tuple(_from_xml(raw)))
    table = read_table(raw)
    return Feed(tuple(_from_list(table)), table.malformed, table.notes)


def is_end(raw: Raw) -> bool:
    """Whether a file is what stands behind the last page of a list: an empty body, or no features.

    Raises:
        InputError: It is JSON cut short.
    """
    if not is_json(raw):
        return not raw.path.read_bytes().strip()
    content = read_json(raw)
    return isinstance(content, Mapping) and not content.get("features", True)


def _from_geojson(raw: Raw) -> Iterator[Sighting]:
    content = read_json(raw)
    kind = content.get("type") if isinstance(content, Mapping) else None
    if isinstance(content, Mapping) and "channel" in content:
        raise InputError(
            raw.name,
            "tells the impact that GDACS expects, advisory by advisory, and no state of an event: read its geometry"
            " (getgeometry) or the event itself (geteventdata)",
        )
    if kind not in ("Feature", "FeatureCollection"):
        raise InputError(
            raw.name, "no event and no geometry of GDACS: a GeoJSON Feature or FeatureCollection is needed"
        )
    features = [content] if kind == "Feature" else json_list(raw.name, content, "features")
    for row, feature in enumerate(features, 1):
        told = feature.get("properties") if isinstance(feature, Mapping) else None
        if not isinstance(feature, Mapping) or not isinstance(told, Mapping):
            raise InputError(raw.name, "a GeoJSON feature with properties is needed", row=row)
        yield _sighting({str(key): _word(value) for key, value in told.items()}, shape_of(feature.get("geometry"))[0])


def _sighting(told: Mapping[str, str], shape: shapely.Geometry | None) -> Sighting:
    """A sighting from the names and values that all feeds share."""
    return Sighting(
        kind=told.get("eventtype", "").upper(),
        event=told.get("eventid", ""),
        episode=told.get("episodeid", "") or told.get("currentepisodeid", ""),
        start=_iso(told.get("fromdate", "")),
        end=_iso(told.get("todate", "")),
        modified=_iso(told.get("datemodified", "")),
        alert=told.get("alertlevel", "").capitalize(),
        ongoing="true" in (told.get("iscurrent", "").lower(), told.get("istemporary", "").lower()),
        part=told.get("Class", CENTROID),
        label=told.get("polygonlabel", ""),
        shape=shape,
    )


def _word(value: object) -> str:
    return "" if value is None else str(value).strip()


def _from_xml(raw: Raw) -> Iterator[Sighting]:
    root = root_of(raw)
    made = _word(root.findtext("channel/pubDate"))
    alerts = [root] if root.tag == f"{_CAP}alert" else list(root.iter(f"{_CAP}alert"))
    items = list(root.iter("item"))
    if not alerts and not items:
        raise InputError(raw.name, f"no feed of GDACS: <{root.tag}> holds neither items nor alerts")
    for item in items or alerts:
        alert = item if item.tag == f"{_CAP}alert" else item.find(f"{_CAP}alert")
        yield from _from_item(item, made) if alert is None else _from_alert(item, alert)


def _from_item(item: Element, made: str) -> Iterator[Sighting]:
    """A GeoRSS item: a state of an event with its centroid only, known at the latest when its feed was made."""
    told = {child.tag.removeprefix(_GDACS): _word(child.text) for child in item if child.tag.startswith(_GDACS)}
    known = {"istemporary": told.get("temporary", ""), "datemodified": told.get("datemodified", "") or made}
    yield _sighting(told | known, _item_point(item))


def _item_point(item: Element) -> shapely.Geometry | None:
    lat, lon = item.findtext(f"{_GEO}Point/{_GEO}lat"), item.findtext(f"{_GEO}Point/{_GEO}long")
    if lat is None or lon is None:
        lat, _, lon = (item.findtext(f"{_GEORSS}point") or "").strip().partition(" ")
    return _shape_of_pairs(f"{lat},{lon}")


def _from_alert(item: Element, alert: Element) -> Iterator[Sighting]:
    """A CAP alert: a state of an event with a polygon for each of its areas, and a centroid where its item has one."""
    info = alert.find(f"{_CAP}info")
    parameters = () if info is None else info.iter(f"{_CAP}parameter")
    told = {_word(one.findtext(f"{_CAP}valueName")): _word(one.findtext(f"{_CAP}value")) for one in parameters}
    yield _sighting(told, _item_point(item))
    for area in alert.iter(f"{_CAP}polygon"):
        # The polygon of an earthquake alert is a circle of 100 km around the epicentre, whatever the shaking was.
        part = "Poly_Circle" if told.get("eventtype") == "EQ" else ALERTED
        yield _sighting(told | {"Class": part}, _shape_of_pairs(area.text or ""))


def _shape_of_pairs(text: str) -> shapely.Geometry | None:
    """A point or polygon from `lat,lon` pairs; None where the text holds none, or a line."""
    try:
        places = [(float(lon), float(lat)) for lat, lon in (pair.split(",") for pair in text.split())]
    except ValueError:
        return None
    if len(places) == 1:
        return shapely.Point(places[0])
    return shapely.Polygon(places) if len(places) > 2 else None


def _from_list(table: Table) -> Iterator[Sighting]:
    """The list of floods archived from the feeds: a row an event, the episode standing in its addresses."""
    for name in ("eventid", "fromdate", "todate", "alertlevel", "geometry"):
        table.text(name)
    for row in _rows(table):
        address = f"{row.get('geometry_url', '')} {row.get('report_url', '')}"
        kind, _, _ = row.get("GDACS_ID", "").partition("-")
        told = row | {
            "eventtype": row.get("eventtype", "") or kind or _query(address, "eventtype"),
            "episodeid": row.get("episodeid", "") or _query(address, "episodeid"),
        }
        yield _sighting(told, _shape_in_text(row.get("geometry", "")))


def _rows(table: Table) -> Iterable[dict[str, str]]:
    columns = {name.strip(): column.to_pylist() for name, column in table.columns.items()}
    return (dict(zip(columns, map(_word, row), strict=True)) for row in zip(*columns.values(), strict=True))


def _query(address: str, name: str) -> str:
    found = re.search(rf"[?&]{name}=([A-Za-z0-9]+)", address)
    return found.group(1) if found else ""


def _shape_in_text(text: str) -> shapely.Geometry | None:
    """The shape of a geometry written as a Python literal, with single quotes, or as JSON."""
    try:
        return shape_of(ast.literal_eval(text))[0]
    # A literal may be no JSON, such as a set.
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _iso(text: str) -> str:
    """A moment in ISO form, UTC; the text itself where it is none, to be refused with its value shown."""
    try:
        moment = _moment(text)
        aware = moment.astimezone(UTC) if moment.tzinfo else moment
    # A zone may lead out of the years that there are.
    except (ValueError, OverflowError):
        return text
    return aware.strftime("%Y-%m-%dT%H:%M:%S")


def _moment(text: str) -> datetime:
    """A moment as JSON or as a mail writes it."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
