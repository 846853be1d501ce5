"""GDACS publishes one event in five formats; each is read into the same sightings."""

import json

import pytest
import shapely

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.gdacs_feeds import Sighting, read_feed

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
CENTROID = {"type": "Point", "coordinates": [45.4, 2.3]}


def feature(**changes: object) -> dict[str, object]:
    told = {"eventtype": "FL", "eventid": 7, "episodeid": 2, "alertlevel": "green", "iscurrent": "false"}
    days = {"fromdate": "2024-05-08T01:00:00", "todate": "2024-05-15T01:00:00", "datemodified": "2024-05-16T10:00:00"}
    return {"type": "Feature", "bbox": [], "properties": told | days | changes, "geometry": CENTROID}


def item(**changes: str) -> str:
    told = {"eventtype": "FL", "eventid": "7", "episodeid": "2", "alertlevel": "Green", "temporary": "false"}
    days = {"fromdate": "Wed, 08 May 2024 01:00:00 GMT", "todate": "Wed, 15 May 2024 01:00 GMT"}
    tags = "".join(f"<gdacs:{name}>{value}</gdacs:{name}>" for name, value in (told | days | changes).items())
    spaces = 'xmlns:gdacs="http://www.gdacs.org" xmlns:georss="http://www.georss.org/georss"'
    return f"<rss {spaces}><channel><item>{tags}<georss:point>2.3 45.4</georss:point></item></channel></rss>"


def alert(kind: str, polygon: str) -> str:
    told = {"eventtype": kind, "eventid": "7", "currentepisodeid": "2", "alertlevel": "Green"}
    days = {"fromdate": "Wed, 08 May 2024 01:00 GMT", "todate": "Wed, 15 May 2024 01:00 GMT"}
    parameters = "".join(
        f"<parameter><valueName>{name}</valueName><value>{value}</value></parameter>"
        for name, value in (told | days).items()
    )
    return f'<alert xmlns="{CAP}"><info>{parameters}<area><polygon>{polygon}</polygon></area></info></alert>'


@pytest.fixture
def one(raw):
    """The first sighting of a file of this content."""
    return lambda content: read_feed(raw(content, "gdacs")).sightings[0]


def told(sighting: Sighting) -> tuple[str, ...]:
    return (sighting.kind, sighting.event, sighting.episode, sighting.start, sighting.end, sighting.alert)


WANTED = ("FL", "7", "2", "2024-05-08T01:00:00", "2024-05-15T01:00:00", "Green")


def test_event_json(one) -> None:
    sighting = one(json.dumps(feature()))
    assert told(sighting) == WANTED
    assert (sighting.modified, sighting.ongoing, sighting.shape.wkt) == (
        "2024-05-16T10:00:00",
        False,
        "POINT (45.4 2.3)",
    )


def test_geometry_json(one) -> None:
    content = json.dumps(
        {"type": "FeatureCollection", "features": [feature(Class="Poly_area", polygonlabel="Affected Area")]}
    )
    assert (one(content).part, one(content).label) == ("Poly_area", "Affected Area")


def test_georss(one) -> None:
    assert told(one(item())) == WANTED
    assert one(item()).shape.wkt == "POINT (45.4 2.3)"
    assert one(item(temporary="true")).ongoing


def test_a_feed_says_when_it_was_made_where_its_items_do_not(one) -> None:
    made = item().replace("<channel>", "<channel><pubDate>Thu, 16 May 2024 12:30:00 GMT</pubDate>")
    assert one(made).modified == "2024-05-16T12:30:00"
    later = made.replace(
        "<gdacs:eventid>", "<gdacs:datemodified>Fri, 17 May 2024 01:00:00 GMT</gdacs:datemodified><gdacs:eventid>"
    )
    assert one(later).modified == "2024-05-17T01:00:00"
    assert one(item()).modified == ""


def test_days_are_those_of_the_elements_whatever_the_words_say(one) -> None:
    """One item writes its day as D/M/Y in the title and as M/D/Y in the description."""
    words = "<title>Alert 10/11/2020</title><description>On 11/10/2020 a flood</description>"
    assert told(one(item().replace("<item>", f"<item>{words}"))) == WANTED


def test_a_box_is_never_read(one) -> None:
    """Its order differs between feeds, and it runs beyond 180 degrees."""
    box = "<gdacs:bbox>-181.2133 -170.1 -20.0 10.0</gdacs:bbox>"
    assert one(item().replace("<item>", f"<item>{box}")) == one(item())


def test_georss_with_its_point_in_another_namespace(one) -> None:
    point = (
        '<p:Point xmlns:p="http://www.w3.org/2003/01/geo/wgs84_pos#"><p:lat>2.5</p:lat><p:long>45.5</p:long></p:Point>'
    )
    assert one(item().replace("</item>", f"{point}</item>")).shape.wkt == "POINT (45.5 2.5)"


def test_cap(raw) -> None:
    centroid, area = read_feed(raw(alert("FL", "2,45 3,45 3,46 2,45"), "cap.xml")).sightings
    assert told(centroid) == told(area) == WANTED
    assert (centroid.shape, area.part, area.shape.bounds) == (None, "Poly_area", (45, 2, 46, 3))


def test_the_polygon_of_an_earthquake_alert_is_a_search_circle(raw) -> None:
    assert read_feed(raw(alert("EQ", "2,45 3,45 3,46 2,45"), "cap.xml")).sightings[1].part == "Poly_Circle"


def test_a_cap_polygon_of_two_places_is_none(raw) -> None:
    assert read_feed(raw(alert("FL", "2,45 3,45"), "cap.xml")).sightings[1].shape is None


@pytest.mark.parametrize(
    "geometry",
    [
        "{'type': 'Point', 'coordinates': [45.4, 2.3]}",
        "nothing",
        "{'type': {1, 2}}",
        "{1: 2}",
        "{[]: 1}",
        "[" * 1000,
        f"{'-' * 9000}1",
        "",
    ],
)
def test_the_archived_list(one, geometry: str) -> None:
    header = "GDACS_ID,eventid,fromdate,todate,alertlevel,geometry_url,geometry"
    url = "https://www.gdacs.org/gdacsapi/api/polygons/getgeometry?eventtype=FL&eventid=7&episodeid=2"
    sighting = one(f'{header}\nFL-7,7,2024-05-08T01:00:00,2024-05-15T01:00:00,GREEN,{url},"{geometry}"\n')
    assert told(sighting) == WANTED
    assert sighting.shape == (shapely.Point(45.4, 2.3) if "Point" in geometry else None)


def test_the_type_may_stand_in_the_address_alone_or_nowhere(one) -> None:
    header = "eventid,fromdate,todate,alertlevel,geometry,report_url"
    row = "7,2024-05-08,2024-05-15,Green,,https://www.gdacs.org/report.aspx?eventid=7&episodeid=2&eventtype=FL"
    assert one(f"{header}\n{row}\n").kind == "FL"
    assert one(f"{header}\n7,2024-05-08,2024-05-15,Green,,\n").kind == ""


def test_a_moment_that_is_none_stays_as_it_is(one) -> None:
    assert one(json.dumps(feature(fromdate="last week"))).start == "last week"
    before_all_years = "0001-01-01T00:00:00+14:00"
    assert one(json.dumps(feature(fromdate=before_all_years))).start == before_all_years


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"channel": {"item": []}}', "tells the impact that GDACS expects"),
        ('{"type": "Topology"}', "no event and no geometry of GDACS"),
        ("[]", "no event and no geometry of GDACS"),
        ('{"type": "FeatureCollection", "features": [3]}', "a GeoJSON feature with properties is needed"),
        ("<rss><channel>", "not valid XML"),
        ('<?xml version="1.0" encoding="none"?><rss/>', "not valid XML"),
        ('<!DOCTYPE r [<!ENTITY a "b">]><rss><item>&a;</item></rss>', "not valid XML"),
        ("<shakemap_grid/>", "no feed of GDACS"),
        ("a,b\n1,2\n", "no column 'eventid'"),
        ("", "the file is empty"),
    ],
)
def test_what_is_no_gdacs_file_is_refused(one, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        one(content)


@pytest.mark.parametrize(
    ("path", "count", "first"),
    [
        ("gdacs_cap1.xml", 2, ("EQ", "1243255", "1342589", "2020-11-10T04:41:00", "2020-11-10T04:41:00", "Green")),
        (
            "gdacs_dr-1016449-ep7-event.json",
            1,
            ("DR", "1016449", "7", "2023-06-11T00:00:00", "2026-05-10T00:00:00", "Green"),
        ),
        (
            "gdacs_tc-1001253-ep1-geometry.json",
            23,
            ("TC", "1001253", "1", "2026-01-28T06:00:00", "2026-01-29T18:00:00", "Green"),
        ),
        ("gdacs_global_gdacs-1.xml", 4, ("TC", "1000643", "1", "2019-12-29T12:00:00", "2019-12-29T12:00:00", "Green")),
        (
            "gdacs_global_flood_db_20260204.csv",
            3990,
            ("FL", "4224", "2", "2015-01-05T00:00:00", "2015-02-09T23:59:59", "Green"),
        ),
    ],
)
def test_real_files(real_data, path: str, count: int, first: tuple[str, ...]) -> None:
    found = read_feed(Raw(real_data / "global/disaster" / path, path, "")).sightings
    assert (len(found), told(found[0])) == (count, first)


def test_a_real_impact_reply_is_refused(real_data) -> None:
    name = "gdacs_tc-1001253-ep1-impact.json"
    with pytest.raises(InputError, match="tells the impact that GDACS expects, advisory by advisory"):
        read_feed(Raw(real_data / "global/disaster" / name, name, ""))
