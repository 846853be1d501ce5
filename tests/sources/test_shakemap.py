"""Shaking grids, from a grid of nine nodes that can be checked by hand."""

import gzip
import json
import random
from datetime import date

import numpy as np
import pytest
import shapely
from faking import Answer

from riskmap.errors import FetchError, InputError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.shakemap import ShakeMap
from riskmap.sources.sight import look

NODES = [
    (lon, lat, mmi)
    for lat, row in ((2, (3.9, 4.0, 4.4)), (1, (4.5, 6.0, 6.4)), (0, (3, 6.5, "nan")))
    for lon, mmi in zip((10, 11, 12), row, strict=True)
]


def grid(nodes=NODES, fields=("LON", "LAT", "MMI"), *, size=(3, 3), head="", event="", specification="", units=None):
    head = head or 'shakemap_version="4" map_status="REVIEWED" process_timestamp="2024-05-09T06:40:00Z"'
    event = event or '<event event_id="us1" event_timestamp="2024-05-08T23:17:34" />'
    order = [("LON", "LAT", "MMI").index(name) if name in ("LON", "LAT", "MMI") else None for name in fields]
    lines = "\n".join(" ".join("9.9" if place is None else str(node[place]) for place in order) for node in nodes)
    units = {"LON": "dd", "LAT": "dd", "MMI": "intensity", "PGA": "%g"} | (units or {})
    named = "".join(
        f'<grid_field index="{n}" name="{name}" units="{units[name]}" />' for n, name in enumerate(fields, 1)
    )
    space = 'xmlns="http://earthquake.usgs.gov/eqcenter/shakemap"'
    return (
        f"<shakemap_grid {space} {head}>{event}"
        f'<grid_specification {specification or f"""nlon="{size[0]}" nlat="{size[1]}" """}/>{named}'
        f"<grid_data>{lines}</grid_data></shakemap_grid>"
    )


@pytest.fixture
def read(raw):
    return lambda content=None, **options: ShakeMap().read(raw(content or grid(), "grid.xml"), options)


def shapes(*readings) -> dict[str, shapely.Geometry]:
    table = Layer.concat([reading.layer for reading in readings]).standing().table
    return dict(zip(table["record_id"].to_pylist(), shapely.from_wkb(table["geometry"].to_pylist()), strict=True))


def test_bands_of_half_a_unit_bear_their_middle(read) -> None:
    records = {one["record_id"]: one for one in read().layer.standing().of("shaking_mmi").table.to_pylist()}
    assert {name: one["value"] for name, one in records.items()} == {
        "us1/mmi 4.0": 4.25,
        "us1/mmi 4.5": 4.75,
        "us1/mmi 6.0": 6.25,
        "us1/mmi 6.5": 6.75,
    }
    assert (records["us1/mmi 6.0"]["low"], records["us1/mmi 6.0"]["high"], records["us1/mmi 6.0"]["unit"]) == (
        6,
        6.5,
        "MMI",
    )


def test_a_node_stands_for_the_pixel_around_it(read) -> None:
    found = shapes(read())
    assert found["us1/mmi 4.0"].equals(shapely.box(10.5, 1.5, 12.5, 2.5))
    assert found["us1/mmi 4.5"].equals(shapely.box(9.5, 0.5, 10.5, 1.5))
    assert found["us1/mmi 6.0"].equals(shapely.box(10.5, 0.5, 12.5, 1.5))


def test_damaging_shaking_is_one_hazard_for_thirty_days(read) -> None:
    reading = read()
    (record,) = reading.layer.of("hazard_extent").table.to_pylist()
    wanted = shapely.box(10.5, 0.5, 12.5, 1.5).union(shapely.box(10.5, -0.5, 11.5, 0.5))
    assert shapes(reading)["us1"].equals(wanted)
    assert (record["event_id"], record["value"], record["kind"]) == ("us1", 1, "hazard")
    assert (record["version"], record["overlap_group"]) == ("2024-05-09T06:40:00/0004/000000009", "hazard-areas")
    assert (f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}") == ("2024-05-08", "2024-06-07")
    assert (f"{record['published']:%Y-%m-%dT%H:%M}", record["preliminary"]) == ("2024-05-09T06:40", False)
    assert f"{read(active_days=1).layer.table['end'][0].as_py():%Y-%m-%d}" == "2024-05-09"


def test_a_node_without_intensity_is_unknown(read) -> None:
    reading = read(grid([*NODES[:8], (12, 0, "null")]))
    assert reading.notes == (
        "9 nodes, strongest MMI 6.5; 36,926 km2 with MMI 6 or more",
        "1 nodes without MMI are unknown",
    )
    assert (reading.read, reading.accepted) == (1, 1)


def test_fields_are_found_by_name(read) -> None:
    assert shapes(read(grid(fields=("PGA", "MMI", "LAT", "LON")))) == shapes(read())


def test_the_order_of_nodes_does_not_matter(read) -> None:
    shuffled = random.Random(7).sample(NODES, len(NODES))
    assert read(grid(shuffled)).layer == read().layer


def test_a_gzipped_grid_is_the_same(raw, read) -> None:
    assert ShakeMap().read(raw(gzip.compress(grid().encode()), "grid.xml.gz"), {}).layer == read().layer


def test_a_grid_across_the_antimeridian_is_cut_there(read) -> None:
    nodes = [(-179 if lon == 12 else lon + 169, lat, mmi) for lon, lat, mmi in NODES]
    strongest = shapes(read(grid(nodes)))["us1/mmi 6.0"]
    assert strongest.area == pytest.approx(2)
    assert strongest.bounds == (-180, 0.5, 180, 1.5)


def test_weak_shaking_gives_no_record_that_stands_and_says_so(read) -> None:
    reading = read(grid([(lon, lat, 3.9) for lon, lat, _ in NODES]))
    assert (reading.read, reading.accepted, len(reading.layer.standing())) == (1, 1, 0)
    assert reading.notes[1] == "nowhere MMI 4 or more: what earlier versions told is taken back"
    nothing = read(grid([(lon, lat, "nan") for lon, lat, _ in NODES]))
    assert nothing.notes[0] == "9 nodes, no MMI known; 0 km2 with MMI 6 or more"


def test_shaking_that_damages_nothing_is_no_hazard(read) -> None:
    layer = read(grid([(lon, lat, 5) for lon, lat, _ in NODES])).layer
    assert set(layer.standing().table["measure"].to_pylist()) == {"shaking_mmi"}


def versioned(version: int, nodes=NODES, minute: int = 0) -> str:
    head = f'shakemap_version="{version}" map_status="automatic" process_timestamp="2024-05-09T06:{minute:02d}:00Z"'
    return grid(nodes, head=head)


def test_a_band_that_a_newer_version_lacks_is_taken_back(read) -> None:
    """Versions replace and never add: an older version's band must not outlive a newer one without it."""
    strong, weak = (read(versioned(n, [(x, y, mmi) for x, y, _ in NODES], n)) for n, mmi in ((1, 7.0), (2, 4.5)))
    assert set(shapes(strong)) == {"us1/mmi 7.0", "us1"}
    assert set(shapes(strong, weak)) == set(shapes(weak, strong)) == {"us1/mmi 4.5"}
    nothing = read(versioned(3, [(x, y, 1.0) for x, y, _ in NODES], 3))
    assert shapes(nothing, strong, weak) == {}


def test_versions_are_numbers_and_the_last_made_stands(read) -> None:
    ninth, tenth = (read(versioned(n, [(x, y, 4.0 + n / 20) for x, y, _ in NODES])) for n in (9, 10))
    assert set(shapes(tenth, ninth)) == {"us1/mmi 4.5"}


def test_a_moment_of_making_that_cannot_be_is_unknown(read) -> None:
    layer = read(grid(head='shakemap_version="4" process_timestamp="2024-99-09T06:40:00Z"')).layer
    assert set(layer.table["published"].to_pylist()) == {None}


def test_what_was_told_under_another_id_is_taken_back(raw, read) -> None:
    path = raw(grid(), "grid.xml").path
    merged = ShakeMap().read(Raw(path, "grid.xml", "", labels={"event": "ci7", "ids": "ci7,us1"}), {})
    apart = read(versioned(1))
    assert (
        set(shapes(apart, merged))
        == set(shapes(merged))
        == {
            "ci7",
            *(f"ci7/mmi {low}" for low in ("4.0", "4.5", "6.0", "6.5")),
        }
    )


def test_the_scale_ends_at_ten_and_the_strongest_shaking_is_one_band(read) -> None:
    found = read(
        grid([(x, y, mmi) for (x, y, _), mmi in zip(NODES, (9.9, 10, 10.4, 11, 12, 10, 10, 10, 10), strict=True)])
    )
    assert set(shapes(found)) == {"us1/mmi 9.5", "us1/mmi 10.0", "us1"}


@pytest.mark.parametrize("unit", ["%g", "pctg", "g"])
def test_the_unit_of_acceleration_differs_and_does_not_matter(read, unit: str) -> None:
    assert shapes(read(grid(fields=("LON", "LAT", "PGA", "MMI"), units={"PGA": unit}))) == shapes(read())


@pytest.mark.parametrize(("name", "unit"), [("PGA", "ln(g)"), ("MMI", "%g"), ("LON", "m")])
def test_a_unit_that_is_not_known_is_refused(read, name: str, unit: str) -> None:
    with pytest.raises(InputError, match=r"declares the unit .*; known is") as refused:
        read(grid(fields=("LON", "LAT", "PGA", "MMI"), units={name: unit}))
    assert refused.value.field == name


FACTS = {
    "event": "us1",
    "ids": "us1",
    "version": "4",
    "start": "2024-05-08T23:17:34.000Z",
    "published": "2024-05-09T06:40:00Z",
    "status": "reviewed",
}
SOUTH_FIRST = [None if mmi == "nan" else mmi for row in (2, 1, 0) for _, _, mmi in NODES[3 * row : 3 * row + 3]]


def coverage(values=SOUTH_FIRST, x=(10, 12, 3), y=(0, 2, 3), names=("y", "x"), measure="MMI", **parameter) -> str:
    axes = {name: dict(zip(("start", "stop", "num"), ends, strict=True)) for name, ends in (("x", x), ("y", y))}
    told = {"type": "NdArray", "axisNames": names, "shape": [y[2], x[2]], "values": values}
    return json.dumps(
        {
            "type": "Coverage",
            "domain": {"type": "Domain", "domainType": "Grid", "axes": axes},
            "parameters": {measure: {"type": "Parameter", **parameter}},
            "ranges": {measure: told},
        }
    )


@pytest.fixture
def cover(raw):
    def reading(content=None, labels=FACTS, **options):
        path = raw(content or coverage(), "coverage_mmi_medium_res.covjson").path
        return ShakeMap().read(Raw(path, "a.covjson", "", labels=labels), options)

    return reading


def test_a_coverage_is_the_same_as_its_grid(cover, read) -> None:
    assert shapes(cover()) == shapes(read())
    assert cover().layer == read().layer


def test_the_axes_of_a_coverage_may_run_the_other_way(cover, read) -> None:
    north_first = [value for row in (2, 1, 0) for value in SOUTH_FIRST[3 * row : 3 * row + 3]]
    assert shapes(cover(coverage(north_first, y=(2, 0, 3)))) == shapes(read())
    turned = [SOUTH_FIRST[3 * row + column] for column in range(3) for row in range(3)]
    assert shapes(cover(coverage(turned, names=("x", "y")))) == shapes(read())


def test_the_axes_of_a_coverage_may_be_written_out(cover, read) -> None:
    told = json.loads(coverage())
    told["domain"]["axes"]["x"] = {"values": [10, 11, 12]}
    assert shapes(cover(json.dumps(told))) == shapes(read())


def test_a_coverage_may_say_nan_though_json_has_none(cover) -> None:
    assert cover(coverage().replace("null", "NaN")).notes[1] == "1 nodes without MMI are unknown"


@pytest.mark.parametrize("x", [(179, 181, 3), (179, -179, 3)])
def test_a_coverage_across_the_antimeridian_is_cut_there(cover, x) -> None:
    strongest = shapes(cover(coverage(x=x)))["us1/mmi 6.0"]
    assert (strongest.area, strongest.bounds) == (pytest.approx(2), (-180, 0.5, 180, 1.5))


def test_of_one_version_the_finer_grid_stands(cover, read) -> None:
    coarse = cover(coverage([7.0] * 4, x=(10, 12, 2), y=(0, 2, 2)))
    assert shapes(read(), coarse) == shapes(coarse, read()) == shapes(read())


def test_a_coverage_does_not_say_whose_it_is(cover) -> None:
    with pytest.raises(InputError, match=r"says not whose shaking it is \(event, version, start\)"):
        cover(labels={})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (coverage()[:-20], "not valid JSON"),
        (coverage(SOUTH_FIRST[:5]), "cut short: its axes say 3 x 3 = 9 nodes, it holds 5"),
        (coverage([], x=(10, 12, 0)), "holds no node"),
        (coverage(measure="PGA"), "holds PGA and no MMI"),
        (coverage(unit={"symbol": {"value": "ln(g)"}}), r"declares the unit 'ln\(g\)'"),
        (coverage(unit={"symbol": "%g"}), "declares the unit '%g'"),
        (coverage([37, *SOUTH_FIRST[1:]]), "37 is no intensity"),
        (coverage(["much", *SOUTH_FIRST[1:]]), "no coverage of ShakeMap"),
        ('{"type": "Coverage", "domain": {}, "ranges": {}}', "no coverage of ShakeMap"),
        ("[]", "no coverage of ShakeMap"),
    ],
)
def test_what_is_no_whole_coverage_is_refused(cover, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        cover(content)


def test_a_scenario_must_be_asked_for(read) -> None:
    scenario = grid(head='shakemap_version="4" shakemap_event_type="SCENARIO"')
    with pytest.raises(InputError, match="is a scenario, no earthquake that happened"):
        read(scenario)
    (record,) = read(scenario, scenario=True).layer.of("hazard_extent").table.to_pylist()
    assert (record["preliminary"], record["published"]) == (True, None)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (grid(NODES[:5]), r"cut short: its header says 3 x 3 = 9 nodes, its data hold 5"),
        (grid()[:-200], "not valid XML"),
        (grid(fields=("LON", "LAT", "PGA")), "no field MMI; found LON, LAT, PGA"),
        (grid([*NODES[:8], (12, 0, "much")]), "grid_data holds what is no number"),
        (grid([*NODES[:8], (19, 7, 5)]), "form no regular grid"),
        (grid(NODES[:3], size=(3, 1)), "form no regular grid"),
        (grid(specification='nlon="three" nlat="3"'), "'three' is no number of nodes"),
        (grid(specification='nlat="3"'), "<grid_specification> lacks the attribute nlon"),
        (grid(event='<event event_timestamp="2024-05-08T23:17:34" />'), "<event> lacks the attribute event_id"),
        (grid(event='<event event_id="us1" event_timestamp="yesterday" />'), "'yesterday' is no moment"),
        ("<rss/>", "no ShakeMap grid"),
    ],
)
def test_what_is_no_whole_grid_is_refused(read, content: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(content)


def test_half_a_gzip_file_is_refused(raw) -> None:
    with pytest.raises(InputError, match="not a whole gzip file"):
        ShakeMap().read(raw(gzip.compress(grid().encode())[:80], "grid.xml.gz"), {})


def test_a_gzip_file_that_unpacks_without_end_is_not_unpacked(raw) -> None:
    with pytest.raises(InputError, match="more than 134,217,728 bytes once unpacked"):
        ShakeMap().read(raw(gzip.compress(bytes((1 << 27) + 1), 1), "grid.xml.gz"), {})


@pytest.mark.parametrize("encoding", ["NaN", "gb18030", "punycode"])
def test_an_encoding_that_cannot_be_read_is_refused(read, encoding: str) -> None:
    with pytest.raises(InputError, match="not valid XML"):
        read(f'<?xml version="1.0" encoding="{encoding}"?>{grid()}')


def test_options_are_checked(read) -> None:
    with pytest.raises(InputError, match="option active_days: Input should be greater than 0"):
        read(active_days=0)


def test_it_knows_its_files(raw, real_data) -> None:
    folder = real_data / "global/disaster"
    for path in folder.glob("usgs_shakemap_*.xml"):
        assert ShakeMap().recognises(look(raw(path.read_bytes(), path.name)))
    assert ShakeMap().recognises(look(raw(gzip.compress(grid().encode()), "grid.xml.gz")))
    assert ShakeMap().recognises(look(raw(coverage(), "a.covjson")))
    assert not ShakeMap().recognises(look(raw(gzip.compress(b"id,name"), "list.csv.gz")))


class Usgs:
    """A provider with one earthquake and its ShakeMap, of which everything can be changed."""

    def __init__(self) -> None:
        self.url = ""
        self.ids, self.updated, self.types = ",us1,", 1, ",origin,shakemap,"
        self.product: dict[str, object] = {"status": "UPDATE"}
        self.facts: dict[str, object] = {"event-type": "ACTUAL"}
        self.version, self.grids = 1, ("download/coverage_mmi_medium_res.covjson", "download/grid.xml")
        self.answers: dict[str, list[Answer]] = {}
        self.contents = {"coverage_mmi_medium_res.covjson": coverage(), "grid.xml": grid()}

    def __call__(self, question):
        waiting = self.answers.get(question.path.rpartition("/")[2])
        if waiting:
            return waiting.pop(0)
        told = {"type": "earthquake", "types": self.types, "updated": self.updated, "ids": self.ids}
        quake = {"type": "Feature", "id": "us1", "properties": told}
        if question.path == "/":
            return json.dumps({"type": "FeatureCollection", "metadata": {"count": 1}, "features": [quake]})
        if question.path == "/us1.geojson":
            return json.dumps({**quake, "properties": {**told, "products": self.products()}})
        return self.contents.get(question.path.rpartition("/")[2])

    def products(self) -> dict[str, object]:
        if not self.product:
            return {}
        contents = {name: {"url": f"{self.url}/realtime/us1/{self.version}/{name}"} for name in self.grids}
        facts = {
            "version": str(self.version),
            "eventtime": "2024-05-08T23:17:34.000Z",
            "process-timestamp": f"2024-05-09T06:{self.version:02d}:00Z",
            "map-status": "automatic",
        }
        return {"shakemap": [{**self.product, "properties": {**facts, **self.facts}, "contents": contents}]}


@pytest.fixture
def usgs(provider):
    made = Usgs()
    fake = provider(made)
    made.url, made.fake = fake.url, fake
    return made


SPAN = (date(2024, 5, 1), date(2024, 6, 1))


def paths(usgs) -> list[str]:
    return [one.path for one in usgs.fake.asked]


def test_a_map_is_found_by_its_earthquake_and_read_from_its_coverage(usgs, ask, read_vault) -> None:
    ask("shakemap", usgs.url, "", SPAN)
    assert paths(usgs) == ["/", "/us1.geojson", "/realtime/us1/1/download/coverage_mmi_medium_res.covjson"]
    question = usgs.fake.asked[0].args
    assert (question["producttype"], question["minmagnitude"], question["starttime"]) == (
        "shakemap",
        "5.0",
        "2024-05-01T00:00:00",
    )
    (reading,) = read_vault("shakemap")
    assert set(shapes(reading)) == {"us1", *(f"us1/mmi {low}" for low in ("4.0", "4.5", "6.0", "6.5"))}
    record = reading.layer.table.to_pylist()[0]
    assert (f"{record['published']:%H:%M}", record["version"], record["preliminary"]) == (
        "06:01",
        "2024-05-09T06:01:00/0001/000000009",
        True,
    )


def test_nothing_but_the_list_is_asked_again_while_nothing_changed(usgs, ask) -> None:
    ask("shakemap", usgs.url, "", SPAN)
    again = ask("shakemap", usgs.url, "", SPAN)
    assert paths(usgs)[3:] == ["/"]
    assert (again.payloads, again.unchanged) == (1, 1)


def test_a_new_version_is_fetched_and_replaces_the_old(usgs, ask, read_vault) -> None:
    ask("shakemap", usgs.url, "", SPAN)
    usgs.updated, usgs.version = 2, 2
    usgs.contents["coverage_mmi_medium_res.covjson"] = coverage([4.0] * 9)
    ask("shakemap", usgs.url, "", SPAN)
    old, new = read_vault("shakemap")
    assert set(shapes(new, old)) == {"us1/mmi 4.0"}


def test_an_update_that_leaves_the_map_alone_asks_for_the_details_only(usgs, ask) -> None:
    ask("shakemap", usgs.url, "", SPAN)
    usgs.updated = 2
    ask("shakemap", usgs.url, "", SPAN)
    assert paths(usgs)[3:] == ["/", "/us1.geojson"]


def test_networks_that_merge_keep_one_map(usgs, ask, read_vault) -> None:
    ask("shakemap", usgs.url, "", SPAN)
    usgs.updated, usgs.version, usgs.ids = 2, 2, ",us1,ci7,"
    usgs.contents["coverage_mmi_medium_res.covjson"] = coverage([4.0] * 9)
    ask("shakemap", usgs.url, "", SPAN)
    assert set(shapes(*read_vault("shakemap"))) == {"ci7/mmi 4.0"}


def test_an_old_map_without_coverage_is_read_from_its_grid(usgs, ask, read_vault) -> None:
    usgs.grids = ("download/grid.xml",)
    ask("shakemap", usgs.url, "", SPAN)
    assert paths(usgs)[-1].endswith("/download/grid.xml")
    (reading,) = read_vault("shakemap")
    assert "us1/mmi 6.5" in shapes(reading)


def test_a_map_that_comes_with_no_grid_is_an_error(usgs, ask) -> None:
    usgs.grids = ("download/intensity.jpg",)
    with pytest.raises(FetchError, match="the ShakeMap of us1 comes with none of"):
        ask("shakemap", usgs.url, "", SPAN)


@pytest.mark.parametrize(
    ("name", "value"),
    [("types", ",origin,"), ("product", {}), ("product", {"status": "DELETE"}), ("facts", {"event-type": "SCENARIO"})],
)
def test_an_earthquake_without_a_map_of_its_own_gives_nothing(usgs, ask, name: str, value: object) -> None:
    """Not made yet, withdrawn, or of an earthquake that did not happen."""
    setattr(usgs, name, value)
    assert ask("shakemap", usgs.url, "", SPAN).payloads == 0


@pytest.mark.parametrize(
    "features", [[None], [{"properties": None}], [{"properties": {"updated": 1}}], [{"id": "us1", "properties": {}}]]
)
def test_a_list_of_anything_but_earthquakes_is_no_list(usgs, ask, features: list[object]) -> None:
    usgs.answers[""] = [Answer(json.dumps({"type": "FeatureCollection", "features": features}))]
    with pytest.raises(FetchError, match="no list of earthquakes"):
        ask("shakemap", usgs.url, "", SPAN)


@pytest.mark.parametrize("products", [{"shakemap": [None]}, {"shakemap": "soon"}, {"shakemap": [{"properties": None}]}])
def test_a_map_that_is_told_in_another_form_is_an_error(usgs, ask, monkeypatch, products: object) -> None:
    monkeypatch.setattr(usgs, "products", lambda: products)
    with pytest.raises(FetchError, match="tells of a ShakeMap in another form"):
        ask("shakemap", usgs.url, "", SPAN)


def test_an_earthquake_deleted_since_it_was_listed_gives_nothing(usgs, ask) -> None:
    usgs.answers["us1.geojson"] = [Answer("", 404)]
    assert ask("shakemap", usgs.url, "", SPAN).payloads == 0


def test_a_grid_cut_short_is_asked_again(usgs, ask, read_vault) -> None:
    usgs.answers["coverage_mmi_medium_res.covjson"] = [Answer(coverage()[:-20]), Answer("<html>busy</html>")]
    ask("shakemap", usgs.url, "", SPAN)
    assert len(paths(usgs)) == 5
    assert len(read_vault("shakemap")) == 1


def test_an_earthquake_listed_twice_is_asked_for_once(usgs, ask) -> None:
    """A span that is halved lists an earthquake of its middle in both halves."""
    usgs.answers[""] = [Answer("20001 matching events exceeds search limit of 20000.", 400)]
    ask("shakemap", usgs.url, "", SPAN)
    assert paths(usgs).count("/us1.geojson") == 1


def test_an_earthquake_is_felt_across_the_edge_of_a_country(usgs, ask) -> None:
    ask("shakemap", usgs.url, "FJI", SPAN, {"bbox": "176,-21,180,-12"})
    args = usgs.fake.asked[0].args
    assert (args["minlongitude"], args["maxlongitude"], args["minlatitude"]) == ("172.0", "184.0", "-25.0")


def test_a_check_asks_for_one_earthquake_with_a_map(usgs, vault) -> None:
    settings = Settings(vault=vault.folder, endpoints={"shakemap_query": f"{usgs.url}/", "shakemap_detail": usgs.url})
    check("shakemap", settings)
    assert [one.args["limit"] for one in usgs.fake.asked] == ["1"]
    usgs.types = ",origin,"
    with pytest.raises(FetchError, match="lists no earthquake with a ShakeMap"):
        check("shakemap", settings)


def test_the_real_scenario_by_node_counts(read_real) -> None:
    """The area of each band is that of its nodes, counted straight from the file."""
    path = "global/disaster/usgs_shakemap_nyc_scenario_grid.xml"
    with pytest.raises(InputError, match="scenario"):
        read_real("shakemap", path)
    reading = read_real("shakemap", path, scenario=True)
    text = (read_real.__closure__[0].cell_contents / path).read_text()
    data = np.array(text.partition("<grid_data>")[2].partition("<")[0].split(), float).reshape(-1, 9)
    assert len(data) == 161 * 123
    pixel = 4.0 / 160 * 3.04 / 122
    strong = float((data[:, 4] >= 6).sum())
    assert shapes(reading)["NYC_M5.8_se"].area == pytest.approx(strong * pixel, rel=1e-3)


def test_the_real_truncated_grid_is_refused_with_both_counts(read_real) -> None:
    with pytest.raises(InputError, match="585 x 457 = 267345 nodes, its data hold 9"):
        read_real("shakemap", "global/disaster/usgs_shakemap_us6000jllz_grid_TRUNCATED.xml")


def test_the_sample_earthquake(sample_data) -> None:
    reading = ShakeMap().read(Raw(sample_data / "shakemap_grid.xml", "shakemap_grid.xml", ""), {})
    assert reading.layer.table["event_id"].unique().to_pylist() == ["xmv2025cvqz"]
    assert shapes(reading)["xmv2025cvqz"].contains(shapely.Point(-23.55, -27.76))
