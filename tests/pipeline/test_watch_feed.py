"""One feed: what is asked, what counts as news, and what stands when a poll and a fetch tell different things."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap.errors import CaseError, FetchError, InputError
from riskmap.model.area import Area
from riskmap.model.case import Case, parse_case
from riskmap.model.kernel import Kernel
from riskmap.model.layer import Layer
from riskmap.model.raw import Asked, Receipt
from riskmap.pipeline.fetch import fetch
from riskmap.pipeline.fetched import fetched
from riskmap.pipeline.ingest import Place, ingest
from riskmap.pipeline.watch_feed import Feed, feeds_of, mark_of
from riskmap.pipeline.watch_news import Reach, is_news, reach_of
from riskmap.settings import Settings
from riskmap.sources.source import REGISTRY, Polled, source
from riskmap.store.vault import Vault

sys.path.insert(0, str(Path(__file__).parents[1] / "sources"))

from faking import Answer, Fake, Question, serving

CASE = """
title = "Open ocean"
synthetic = true
resolution = 4
[area]
iso3 = "{area}"
bbox = [-30.0, -12.0, -26.0, -8.0]
[periods]
start = "2025-06"
end = "2025-06"
[[inputs]]
source = "{source}"
vault = true
"""
HERE = (-28.0, -10.0)
FAR = (100.0, 40.0)
REACH = Reach(-34.0, -16.0, -22.0, -4.0)
MADE = 1749000000000
SPAN = (date(2025, 6, 1), date(2025, 7, 1))


def case(name: str, area: str = "XMV") -> Case:
    return parse_case(CASE.format(source=name, area=area), "ocean")


def quake(name: str, place: Sequence[float] = HERE, updated: int = MADE, **changes: object) -> dict[str, object]:
    told = {"mag": 5.5, "time": 1748990000000, "updated": updated, "status": "reviewed", "ids": f",{name},"}
    geometry = {"type": "Point", "coordinates": [*place, 10.0]}
    properties = {**told, "magType": "mww", "type": "earthquake", "sig": 400, **changes}
    return {"type": "Feature", "properties": properties, "geometry": geometry, "id": name}


def listed(*quakes: dict[str, object], **metadata: object) -> str:
    told = {"url": "https://earthquake.usgs.gov/x", "count": len(quakes), **metadata}
    return json.dumps({"type": "FeatureCollection", "metadata": told, "features": quakes})


class Quakes:
    """A provider with a feed and answers to queries; the feed says anew each time when it was made."""

    def __init__(self) -> None:
        self.feed: list[dict[str, object]] = []
        self.all: list[dict[str, object]] = []
        self.made, self.lie = count(), ""

    def __call__(self, question: Question) -> str:
        if question.path == "/feed/4.5_week.geojson":
            return self.lie or listed(*self.feed, generated=next(self.made))
        return listed(*self.all)


class Desk:
    """A feed under test, with its vault."""

    def __init__(self, name: str, folder: Path, fake: Fake, area: str = "XMV", **credentials: str) -> None:
        self.name, self.fake, self.case = name, fake, case(name, area)
        endpoints = {f"{name}_{part}": f"{fake.url}/{part}" for part in source(name).access.endpoints}
        self.settings = Settings(store=folder / "store", endpoints=endpoints, credentials=credentials)
        self.vault = Vault(self.settings.vault_folder)
        self.landing = folder / "landing"
        self.landing.mkdir()
        made = source(name)
        assert isinstance(made, Polled)
        self.feed = Feed(made, self.case, REACH, self.settings, self.landing)

    def new(self) -> int:
        """How many payloads of one poll tell something new."""
        found = self.feed.poll()
        assert found["new"] <= found["payloads"]
        return int(found["new"])

    def fetch(self, options: dict[str, str] | None = None) -> None:
        fetch(self.name, Asked(self.case.iso3, *SPAN, options or {}), self.settings, sleep=lambda _seconds: None)

    def standing(self, as_of: date | None = None) -> set[str]:
        (found,) = ingest(self.case, Place(Path(), self.vault, as_of))
        return set(found.layer.standing().table["record_id"].to_pylist())

    def paths(self) -> list[str]:
        return [one.path for one in self.fake.asked]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    with ExitStack() as stack:

        def opening(name: str, answer: Callable[[Question], Answer | str | None], **more: str) -> Desk:
            return Desk(name, tmp_path, stack.enter_context(serving(answer)), **more)

        yield opening


@pytest.fixture
def quakes() -> Quakes:
    return Quakes()


@pytest.fixture
def desk(opened: Callable[..., Desk], quakes: Quakes) -> Desk:
    return opened("usgs", quakes)


BOX = {"bbox": "-30,-12,-26,-8"}


def test_a_source_with_a_feed_says_how_often_it_may_be_asked() -> None:
    made = {name: source(name) for name in REGISTRY}
    polled = {name for name, one in made.items() if isinstance(one, Polled)}
    assert polled == {"firms", "gdacs", "usgs"}
    assert {name for name, one in made.items() if one.access.cadence_s} == polled
    assert (made["usgs"].access.cadence_s, made["gdacs"].access.cadence_s, made["firms"].access.cadence_s) == (
        60,
        360,
        900,
    )


def test_the_feeds_of_a_case_are_those_of_its_inputs_from_the_vault() -> None:
    assert set(feeds_of(case("gdacs"))) == {"gdacs"}
    assert feeds_of(case("ucdp")) == {}
    files = CASE.format(source="gdacs", area="XMV").replace("vault = true", 'path = "x.json"')
    assert feeds_of(parse_case(files, "files")) == {}


def test_what_a_feed_tells_again_is_no_news_and_leaves_the_vault_as_it_is(desk: Desk, quakes: Quakes) -> None:
    """Though no two answers of this feed are the same bytes."""
    quakes.feed = [quake("a")]
    assert [desk.new() for _ in range(4)] == [1, 0, 0, 0]
    assert len(desk.vault.receipts("usgs")) == 1
    assert len(list(desk.landing.iterdir())) == 1
    quakes.feed = [quake("b"), quake("a")]
    assert [desk.new() for _ in range(3)] == [1, 0, 0]
    assert desk.standing() == {"a", "b"}


def test_what_the_provider_says_is_unchanged_is_not_sent_again(opened: Callable[..., Desk]) -> None:
    asked: list[str] = []

    def answer(question: Question) -> Answer:
        asked.append(question.headers.get("if-none-match", ""))
        same = asked[-1] == '"v1"'
        return Answer("" if same else listed(quake("a")), 304 if same else 200, {"ETag": '"v1"'})

    desk = opened("usgs", answer)
    assert [desk.new() for _ in range(3)] == [1, 0, 0]
    assert asked == ["", '"v1"', '"v1"']


def test_what_lies_too_far_away_to_be_felt_is_no_news(desk: Desk, quakes: Quakes) -> None:
    quakes.feed = [quake("a")]
    desk.new()
    quakes.feed.append(quake("far", FAR, ids=",far,other,"))
    assert desk.new() == 0
    quakes.feed.append(quake("near"))
    assert desk.new() == 1


def test_an_earthquake_that_moves_changes_or_is_taken_back_is_news(desk: Desk, quakes: Quakes) -> None:
    quakes.feed = [quake("a")]
    desk.new()
    quakes.feed = [quake("a", updated=MADE + 1000, mag=6.1)]
    assert desk.new() == 1
    quakes.feed = [quake("a", FAR, updated=MADE + 2000)]
    assert desk.new() == 1
    quakes.feed = [quake("a", FAR, updated=MADE + 3000)]
    assert desk.new() == 0
    quakes.feed = [quake("b")]
    assert desk.new() == 1
    quakes.feed = [quake("b", status="deleted", updated=MADE + 1000)]
    assert desk.new() == 1
    assert desk.new() == 0
    assert desk.standing() == {"a"}


def test_a_feed_without_anything_is_an_answer_from_which_a_case_can_be_built(desk: Desk) -> None:
    assert [desk.new(), desk.new()] == [1, 0]
    assert desk.standing() == set()


def test_what_vanishes_from_a_feed_stays_until_a_whole_list_leaves_it_out(desk: Desk, quakes: Quakes) -> None:
    quakes.all = [quake("before")]
    desk.fetch(BOX)
    quakes.feed = [quake("a")]
    desk.new()
    quakes.feed = []
    desk.new()
    assert desk.standing() == {"before", "a"}
    quakes.all = [quake("before"), quake("b")]
    desk.fetch(BOX)
    assert desk.standing() == {"before", "b"}


def test_what_a_feed_tells_after_a_list_left_it_out_is_believed_again(desk: Desk, quakes: Quakes) -> None:
    quakes.feed = [quake("a")]
    desk.new()
    desk.fetch(BOX)
    assert desk.standing() == set()
    assert [desk.new(), desk.new()] == [1, 0]
    assert desk.standing() == {"a"}


def test_a_build_of_an_earlier_day_knows_nothing_of_the_poll(desk: Desk, quakes: Quakes) -> None:
    quakes.feed = [quake("a")]
    desk.new()
    with pytest.raises(CaseError, match="nothing was fetched by 2020-01-01"):
        desk.standing(date(2020, 1, 1))
    assert desk.standing(datetime.now(UTC).date()) == {"a"}


def test_a_payload_that_cannot_be_read_is_not_kept_and_is_told_each_time(desk: Desk, quakes: Quakes) -> None:
    quakes.feed = [quake("a")]
    desk.new()
    quakes.lie = json.dumps({"type": "FeatureCollection", "features": ["none"]})
    for _ in range(2):
        with pytest.raises(InputError, match="a feature with properties is needed"):
            desk.new()
    assert len(desk.vault.receipts("usgs")) == 1
    assert desk.standing() == {"a"}
    quakes.lie = ""
    assert desk.new() == 0


def test_a_case_of_the_whole_world_needs_no_box(opened: Callable[..., Desk], quakes: Quakes) -> None:
    quakes.feed = [quake("a")]
    desk = opened("usgs", quakes, area="")
    assert desk.new() == 1
    assert desk.vault.fetches("usgs")[0].asked.options == {}


def event(number: int, **changes: object) -> dict[str, object]:
    told = {"eventtype": "FL", "eventid": number, "episodeid": 1, "alertlevel": "Red", "iso3": "XMV"}
    days = {"fromdate": "2025-06-02T00:00:00", "todate": "2025-06-29T00:00:00", "datemodified": "2025-06-29T06:00:00"}
    properties = {**told, **days, "Class": "Point_Centroid", **changes}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(HERE)}, "properties": properties}


class Disasters:
    """A list of events under way with an area for each."""

    def __init__(self, *events: dict[str, object]) -> None:
        self.events, self.lost = list(events), set()

    def __call__(self, question: Question) -> Answer | str:
        if question.path.endswith("SEARCH"):
            return ""
        if question.path.endswith("EVENTS4APP"):
            return json.dumps({"type": "FeatureCollection", "features": self.events})
        number = question.args["eventid"]
        if number in self.lost:
            return Answer("no", 403)
        (found,) = [one for one in self.events if str(one["properties"]["eventid"]) == number]
        square = shapely.geometry.mapping(shapely.box(-29, -11, -27, -9))
        area = {**found, "geometry": square, "properties": {**found["properties"], "Class": "Poly_Affected"}}
        return json.dumps({"type": "FeatureCollection", "features": [found, area]})


def test_disasters_under_way_are_asked_for_with_areas_that_changed(opened: Callable[..., Desk]) -> None:
    elsewhere = event(9, iso3="BRA", affectedcountries=[{"iso3": "BRA"}])
    disasters = Disasters(event(1), event(2, fromdate="2020-01-01T00:00:00"), elsewhere)
    desk = opened("gdacs", disasters)
    assert [desk.new(), desk.new()] == [3, 0]
    areas = [one.args["eventid"] for one in desk.fake.asked if one.path.endswith("getgeometry")]
    assert areas == ["1", "2"]
    assert not [path for path in desk.paths() if path.endswith("SEARCH")]
    disasters.events[0] = event(1, datemodified="2025-06-29T12:00:00", episodeid=2)
    assert [desk.new(), desk.new()] == [2, 0]
    assert desk.standing() == {"FL1", "FL2", "FL9"}


def test_an_area_that_does_not_come_keeps_no_other_back(opened: Callable[..., Desk]) -> None:
    disasters = Disasters(event(1), event(2))
    disasters.lost = {"1"}
    desk = opened("gdacs", disasters)
    with pytest.raises(FetchError, match="1 areas did not come"):
        desk.new()
    assert desk.standing() == {"FL1", "FL2"}
    disasters.lost = set()
    assert [desk.new(), desk.new()] == [1, 0]


def test_a_fetch_that_lists_events_of_other_days_leaves_a_polled_one(opened: Callable[..., Desk]) -> None:
    """One payload, the list of events under way, is part of both."""
    disasters = Disasters(event(1))
    desk = opened("gdacs", disasters)
    desk.new()
    desk.fetch()
    assert desk.standing() == {"FL1"}
    disasters.events = []
    desk.fetch()
    assert desk.standing() == set()


HEADER = "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,daynight"


class Fires:
    """Hot spots of the newest days, of one sensor of near-real-time data."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def __call__(self, question: Question) -> str | None:
        if "data_availability" in question.path:
            return "data_id,min_date,max_date\nVIIRS_NOAA20_NRT,2025-06-01,2025-06-20\nVIIRS_NOAA20_SP,2020-01-01,2025-05-31"
        return "\n".join([HEADER, *self.rows, ""])

    def burn(self, lon: float, lat: float) -> None:
        self.rows.append(f"{lat},{lon},330,0.4,0.4,2025-06-20,1200,N20,VIIRS,n,2.0NRT,290,5,D")


def test_fires_are_asked_for_by_the_newest_days_of_a_box(opened: Callable[..., Desk]) -> None:
    fires = Fires()
    desk = opened("firms", fires, firms_map_key="0123456789abcdef")
    assert [desk.new(), desk.new()] == [1, 0]
    key = "0123456789abcdef"
    assert desk.paths()[1] == f"/api/area/csv/{key}/VIIRS_NOAA20_NRT/-34,-16,-22,-4/2/2025-06-19"
    fires.burn(*HERE)
    assert [desk.new(), desk.new()] == [1, 0]
    fires.burn(*FAR)
    assert desk.new() == 0
    assert len(desk.standing()) == 1


def test_a_poll_asks_as_the_last_fetch_of_the_area_did(opened: Callable[..., Desk]) -> None:
    desk = opened("firms", Fires(), firms_map_key="0123456789abcdef")
    desk.fetch({**BOX, "sensors": "VIIRS_NOAA20"})
    before = len(desk.paths())
    desk.new()
    (area,) = [path for path in desk.paths()[before:] if "/area/" in path]
    assert "/-30,-12,-26,-8/" in area


def test_without_its_key_a_feed_fails_and_says_so(opened: Callable[..., Desk]) -> None:
    desk = opened("firms", Fires())
    with pytest.raises(FetchError, match="RISKMAP_CREDENTIALS__FIRMS_MAP_KEY"):
        desk.new()
    assert desk.paths() == []


MOMENTS = count(1)
OPERATIONS = st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from("abc"))), max_size=7)


def kept(vault: Vault, asked: Asked, names: set[str]) -> None:
    """A list of earthquakes as part of a fetch; the same earthquakes give the same bytes."""
    content = listed(*(quake(name) for name in sorted(names))).encode()
    with vault.fetching("usgs", asked) as (run, _), vault.aside() as aside:
        file = aside / "payload"
        file.write_bytes(content)
        told = (hashlib.sha256(content).hexdigest(), len(content), datetime.now(UTC))
        vault.keep(file, Receipt("usgs", f"https://usgs.example/{next(MOMENTS)}", *told, 200, "records", run.id))


@given(OPERATIONS)
@hypothesis_settings(max_examples=60, deadline=None)
def test_a_fetch_replaces_what_is_believed_and_a_poll_adds_to_it(operations: list[tuple[bool, set[str]]]) -> None:
    """Whatever they tell in whatever order, and though the same bytes come in both."""
    with TemporaryDirectory() as folder:
        vault, believed = Vault(Path(folder)), set()
        for is_poll, names in operations:
            span = (SPAN[1], SPAN[1]) if is_poll else SPAN
            kept(vault, Asked("XMV", *span), names)
            believed = believed | names if is_poll else names
        if operations:
            (found,) = ingest(case("usgs"), Place(Path(), vault))
            assert set(found.layer.standing().table["record_id"].to_pylist()) == believed


def test_a_poll_is_never_taken_up_again(tmp_path: Path) -> None:
    vault, asked = Vault(tmp_path), Asked("XMV", SPAN[0], SPAN[0])
    with pytest.raises(KeyboardInterrupt), vault.fetching("usgs", asked) as (first, _):
        raise KeyboardInterrupt
    with vault.fetching("usgs", asked) as (second, _):
        assert second.id != first.id


def test_the_mark_of_a_source_changes_with_what_is_believed(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    marks = [mark_of("usgs", "XMV", vault)]
    for span, names in ((SPAN, {"a"}), ((SPAN[0], SPAN[0]), {"b"}), (SPAN, {"a"}), ((SPAN[0], SPAN[0]), {"b"})):
        kept(vault, Asked("XMV", *span), names)
        marks.append(mark_of("usgs", "XMV", vault))
    assert len(set(marks)) == len(marks)
    assert mark_of("usgs", "XMV", Vault(tmp_path)) == marks[-1]
    kept(vault, Asked("TCD", *SPAN), {"c"})
    assert mark_of("usgs", "XMV", vault) == marks[-1]


def test_payloads_lost_from_the_vault_are_refused(desk: Desk, quakes: Quakes) -> None:
    quakes.feed = [quake("a")]
    desk.new()
    for path in (desk.vault.folder / "payloads").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(InputError, match="not in the vault"):
        fetched("usgs", "XMV", desk.vault)


def areas(*box: float) -> list[Area]:
    return [Area("XMV", "Ocean", 0, shapely.box(*box))]


def test_the_reach_is_the_area_and_the_farthest_kernel_around_it() -> None:
    kernels = [Kernel("exponential", 25.0, 90.0), Kernel("gaussian", 50.0, 90.0)]
    found = reach_of(areas(10, -1, 12, 1), kernels)
    assert (found.south, found.north) == pytest.approx((-2.8, 2.8), abs=0.01)
    assert (found.west, found.east) == pytest.approx((8.2, 13.8), abs=0.01)
    polewards = reach_of(areas(10, 69, 12, 70), kernels)
    assert 10 - polewards.west > 2 * (10 - found.west)
    assert reach_of(areas(10, -1, 12, 1), []) == Reach(10, -1, 12, 1)
    assert str(Reach(10, -1, 12, 1)) == "10.0000,-1.0000,12.0000,1.0000"


@pytest.mark.parametrize("box", [(-180, -20, 180, -15), (170, -20, 179.5, -15), (10, 80, 12, 90), (-179.9, 0, -170, 1)])
def test_beyond_the_antimeridian_and_at_the_poles_all_longitudes_are_near(box: tuple[float, ...]) -> None:
    found = reach_of(areas(*box), [Kernel("gaussian", 100.0, 90.0)])
    assert (found.west, found.east) == (-180, 180)
    assert -90 <= found.south < found.north <= 90


def records(**columns: object) -> Layer:
    one = {
        "record_id": ["a"],
        "version": ["1"],
        "source": "demo",
        "theme": "disaster",
        "measure": "events",
        "kind": "flow",
        "spread": "extensive",
        "value": 1.0,
        "unit": "events",
        "start": [datetime(2025, 6, 1, tzinfo=UTC)],
        "end": [datetime(2025, 6, 2, tzinfo=UTC)],
        "licence": "none",
    }
    return Layer.build({**one, **columns})


def at(place: Sequence[float]) -> pa.Array:
    return pa.array([shapely.to_wkb(shapely.Point(*place))], pa.binary())


def test_what_makes_news() -> None:
    here, there = {"geometry": at(HERE)}, {"geometry": at(FAR)}
    nothing, known = Layer.empty(), records(**here)
    assert is_news(records(**here), nothing, REACH)
    assert not is_news(records(**there), nothing, REACH)
    assert not is_news(nothing, known, REACH)
    assert not is_news(records(**here, retrieved=[datetime(2025, 7, 1, tzinfo=UTC)]), known, REACH)
    assert is_news(records(**here, version=["2"]), known, REACH)
    assert not is_news(records(**here, version=["0"], value=9.0), known, REACH)
    assert is_news(records(**there, version=["2"]), known, REACH)
    assert is_news(records(**here, version=["2"], withdrawn=True), known, REACH)
    assert not is_news(records(withdrawn=True), nothing, REACH)
    assert is_news(records(pcode="XM01", pcode_level=1), nothing, REACH)
    assert is_news(records(**here, record_id=["b"]), known, REACH)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.booleans(), st.booleans()), max_size=6))
def test_news_once_known_are_news_no_more(told: list[tuple[str, str, bool, bool]]) -> None:
    layers = [
        records(record_id=[name], version=[version], geometry=at(HERE if near else FAR), withdrawn=withdrawn)
        for name, version, near, withdrawn in told
    ]
    known = Layer.empty()
    for layer in layers:
        after = Layer.concat([known, layer]).canonical()
        if not is_news(layer, known, REACH):
            touched = after.only(REACH.touches(after.table)).table.drop_columns(["retrieved"])
            assert touched.equals(known.only(REACH.touches(known.table)).table.drop_columns(["retrieved"]))
        known = after
        assert not is_news(layer, known, REACH)
