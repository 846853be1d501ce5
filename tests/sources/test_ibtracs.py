"""IBTrACS: units below the header, interpolated rows, many agencies, the antimeridian, and storms that still change."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely
from checking import check_at

from riskmap.errors import FetchError, InputError
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.ibtracs import Ibtracs
from riskmap.sources.sight import look
from riskmap.sources.source import source
from riskmap.sources.vectors import areas_km2

RADII = {f"USA_R{kt}_{quadrant}": " " for kt in (34, 50, 64) for quadrant in ("NE", "SE", "SW", "NW")}
UNITS = {"SID": " ", "ISO_TIME": " ", "LAT": "degrees_north", "LON": "degrees_east", "USA_R34_NE": "nmile"}
FIX = {
    "SID": "2025010N15300",
    "BASIN": "NA",
    "NAME": "ALPHA",
    "ISO_TIME": "2025-09-10 00:00:00",
    "NATURE": "TS",
    "LAT": "15.0",
    "LON": "-60.0",
    "TRACK_TYPE": "main",
    "IFLAG": "O_____________",
    "USA_LAT": " ",
    "USA_LON": " ",
    **RADII,
}
NMILE_KM = 1.852


def at(hours: int, lon: float, **changes: str) -> dict[str, str]:
    return FIX | {"ISO_TIME": f"2025-09-1{hours // 24} {hours % 24:02d}:00:00", "LON": f"{lon}"} | changes


def around(kt: int, nmile: float) -> Mapping[str, str]:
    return {f"USA_R{kt}_{quadrant}": f"{nmile:g}" for quadrant in ("NE", "SE", "SW", "NW")}


def shapes(layer: Layer, measure: str = "hazard_extent") -> list[shapely.Geometry]:
    return list(shapely.from_wkb(layer.standing().of(measure).table["geometry"].to_pylist()))


def test_the_second_line_holds_units_and_is_no_position(read) -> None:
    reading = read("ibtracs", [FIX | dict.fromkeys(FIX, " ") | UNITS, FIX])
    assert (reading.read, reading.accepted) == (1, 1)
    assert "1 row of units skipped" in reading.notes


def test_the_north_atlantic_is_no_missing_value(read) -> None:
    rows = [FIX, FIX | {"SID": "2025020N15120", "BASIN": "WP"}]
    reading = read("ibtracs", rows, basin="NA")
    assert (reading.read, reading.layer.of("cyclone_positions").table["event_id"].to_pylist()) == (1, [FIX["SID"]])
    with pytest.raises(InputError, match="no row of the basin 'EP'; it has NA, WP"):
        read("ibtracs", rows, basin="EP")


def test_rows_interpolated_between_two_fixes_are_refused(read) -> None:
    reading = read("ibtracs", [at(0, -60), at(3, -60.5, IFLAG="I_____________"), at(6, -61, IFLAG="_O____________")])
    assert reading.accepted == 2
    assert reading.quarantined == {"IFLAG: interpolated between two fixes": 1}


def test_without_flags_the_six_hourly_times_are_taken(read) -> None:
    rows = [{key: value for key, value in at(hour, -60).items() if key != "IFLAG"} for hour in (0, 3, 6)]
    reading = read("ibtracs", rows)
    assert reading.quarantined == {"ISO_TIME: between the six-hourly fixes": 1}
    assert "no column IFLAG: rows between the six-hourly times are taken as interpolated" in reading.notes


def test_spurs_are_no_tracks_and_other_types_are_refused(read) -> None:
    reading = read("ibtracs", [at(0, -60), at(6, -60, TRACK_TYPE="PROVISIONAL_spur"), at(12, -60, TRACK_TYPE="guess")])
    assert reading.quarantined == {
        "TRACK_TYPE: spur, a side track beside the main one": 1,
        "TRACK_TYPE: not main, PROVISIONAL or spur": 1,
    }


def test_a_radius_in_nautical_miles_is_a_disc_of_that_size(read) -> None:
    (disc,) = shapes(read("ibtracs", [FIX | around(34, 60)]).layer)
    assert areas_km2([disc])[0] == pytest.approx(math.pi * (60 * NMILE_KM) ** 2, rel=0.01)
    assert disc.centroid.distance(shapely.Point(-60, 15)) < 0.01


def test_each_quadrant_has_its_own_radius(read) -> None:
    (sector,) = shapes(read("ibtracs", [FIX | {"USA_R34_NE": "60", "USA_R34_SE": "0"}]).layer)
    assert areas_km2([sector])[0] == pytest.approx(math.pi * (60 * NMILE_KM) ** 2 / 4, rel=0.01)
    assert sector.bounds[:2] == pytest.approx((-60, 15), abs=0.01)


def test_radii_lie_around_the_position_of_the_agency_that_tells_them(read) -> None:
    (disc,) = shapes(read("ibtracs", [FIX | around(34, 60) | {"USA_LAT": "16.0", "USA_LON": "-61.0"}]).layer)
    assert disc.centroid.distance(shapely.Point(-61, 16)) < 0.01


def test_a_storm_blows_between_two_positions_as_well(read) -> None:
    rows = [at(0, -60, **around(34, 30)), at(6, -64, **around(34, 30))]
    (swept,) = shapes(read("ibtracs", rows).layer)
    assert swept.geom_type == "Polygon"
    assert swept.contains(shapely.Point(-62, 15))


@pytest.mark.parametrize("between", [(0, 18), (0, 24)])
def test_positions_long_after_one_another_are_not_joined(read, between: tuple[int, int]) -> None:
    rows = [at(hour, -60 - hour / 6, **around(34, 30)) for hour in between]
    (apart,) = shapes(read("ibtracs", rows).layer)
    assert len(apart.geoms) == 2


def test_storms_are_never_joined_to_one_another(read) -> None:
    rows = [at(0, -60, **around(34, 30)), at(6, -61, SID="2025010N15299", **around(34, 30))]
    assert len(shapes(read("ibtracs", rows).layer)) == 2


def test_bands_of_wind_do_not_overlap_and_make_up_the_extent(read) -> None:
    layer = read("ibtracs", [FIX | around(34, 90) | around(50, 60) | around(64, 30)]).layer.standing()
    bands = layer.of("cyclone_wind_kt").table
    assert dict(zip(bands["record_id"].to_pylist(), bands["value"].to_pylist(), strict=True)) == {
        f"{FIX['SID']}/{kt}": kt for kt in (34, 50, 64)
    }
    rings = shapely.from_wkb(bands["geometry"].to_pylist())
    (extent,) = shapes(layer)
    assert sum(areas_km2(rings)) == pytest.approx(areas_km2([extent])[0], rel=1e-6)
    assert not any(shapely.intersection(one, other).area for one in rings for other in rings if one is not other)


@pytest.mark.parametrize("lons", [(179, 181), (179, -179), (-179, -181), (-181, 179)])
def test_a_track_over_the_antimeridian_stays_small_however_it_is_written(read, lons: tuple[float, float]) -> None:
    rows = [at(0, lons[0], **around(34, 60)), at(6, lons[1], **around(34, 60))]
    (swept,) = shapes(read("ibtracs", rows).layer)
    west, _, east, _ = swept.bounds
    assert (west, east) == (-180, 180)
    assert swept.is_valid
    assert areas_km2([swept])[0] < 100_000


def test_a_storm_without_radii_has_positions_alone_and_says_so(read, total) -> None:
    reading = read("ibtracs", [at(0, -60), at(6, -61)])
    assert total(reading.layer, "cyclone_positions") == 2
    assert shapes(reading.layer) == []
    assert "1 storms, 0 of them with wind radii; the others have positions alone" in reading.notes
    assert set(reading.layer.of("cyclone_positions").table["geo_precision"].to_pylist()) == {"near"}


def test_an_extent_lasts_from_the_first_to_the_last_day_with_radii(read) -> None:
    rows = [at(0, -60), at(24, -61, **around(34, 30)), at(48, -62, **around(34, 30)), at(72, -63)]
    (extent,) = read("ibtracs", rows).layer.of("hazard_extent").table.to_pylist()
    assert (f"{extent['start']:%m-%d}", f"{extent['end']:%m-%d}") == ("09-11", "09-13")
    assert extent["overlap_group"] == "hazard-areas"


def test_final_tracks_replace_provisional_ones_and_take_lost_bands_back(read) -> None:
    early = read(
        "ibtracs", [at(0, -60, TRACK_TYPE="PROVISIONAL", NAME="NOT_NAMED", **around(34, 90), **around(50, 60))]
    )
    late = read("ibtracs", [at(0, -60, NAME="ALPHA", **around(34, 80))])
    assert set(early.layer.table["preliminary"].to_pylist()) == {True}
    assert "1 storms are provisional" in early.notes
    standing = Layer.concat([late.layer, early.layer]).standing()
    assert standing.of("cyclone_wind_kt").table["value"].to_pylist() == [34.0]
    assert set(standing.table["preliminary"].to_pylist()) == {False}


def test_of_two_provisional_lists_the_one_received_later_stands(raw) -> None:
    def received(nmile: float, day: int) -> Layer:
        row = at(0, -60, TRACK_TYPE="PROVISIONAL", **around(34, nmile))
        text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
        made = raw(text, f"{day}.csv")
        return Ibtracs().read(Raw(made.path, made.name, "", 0, datetime(2025, 9, day, tzinfo=UTC)), {}).layer

    (disc,) = shapes(Layer.concat([received(60, 20), received(90, 11)]))
    assert areas_km2([disc])[0] == pytest.approx(math.pi * (60 * NMILE_KM) ** 2, rel=0.01)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"USA_R34_NE": "1500"}, "USA_R34_NE: wider than 1200 nmile"),
        ({"USA_R34_NE": "-5"}, "USA_R34_NE: negative"),
        ({"ISO_TIME": "2025-09-10"}, "ISO_TIME: no time of day"),
        ({"ISO_TIME": "9/10/25 12:00"}, "ISO_TIME: not a date of the form %Y-%m-%d"),
        ({"LAT": "95"}, "latitude out of range"),
        ({"LON": "400"}, "longitude out of range"),
        ({"SID": " "}, "SID: missing"),
    ],
)
def test_rows_that_cannot_be_right_are_refused(read, changes: Mapping[str, str], reason: str) -> None:
    reading = read("ibtracs", [FIX, at(6, -61) | changes])
    assert (reading.accepted, dict(reading.quarantined)) == (1, {reason: 1})


def test_a_list_whose_rows_are_all_refused_gives_nothing(read) -> None:
    reading = read("ibtracs", [FIX | {"TRACK_TYPE": "spur"}])
    assert (reading.accepted, len(reading.layer)) == (0, 0)


def test_the_real_tracks_with_days_that_a_spreadsheet_rewrote(read_real) -> None:
    """By awk: 2,453 rows have ISO days and 7,635 American ones; longitudes reach 196.1."""
    path = "global/disaster/ibtracs_ALL_list_v04r01_fixture.csv"
    reading = read_real("ibtracs", path)
    assert reading.read == 10_088
    assert reading.quarantined["ISO_TIME: not a date of the form %Y-%m-%d"] == 7_635
    other = read_real("ibtracs", path, date_format="%m/%d/%y")
    assert other.quarantined["ISO_TIME: not a date of the form %m/%d/%y"] == 2_453
    assert any("longitudes beyond 180 degrees brought back" in note for note in (*reading.notes, *other.notes))


def listed(first_day: str) -> str:
    top = ",".join(FIX) + "\n" + ",".join(UNITS.get(name, " ") for name in FIX) + "\n"
    return top + ",".join((FIX | {"ISO_TIME": f"{first_day} 00:00:00"}).values()) + "\n"


BEGINS = {"last3years": "2023-01-05", "since1980": "1980-01-01", "ALL": "1842-10-25", "ACTIVE": "2025-09-10"}


def answer(question) -> str | None:
    name = question.path.removeprefix("/ibtracs.").removesuffix(".list.v04r01.csv")
    return listed(BEGINS[name]) if name in BEGINS else None


@pytest.mark.parametrize(
    ("start", "lists"),
    [(2024, ["last3years"]), (1999, ["last3years", "since1980"]), (1950, list(BEGINS)[:3]), (1800, list(BEGINS)[:3])],
)
def test_the_shortest_list_that_reaches_back_far_enough_is_asked_for(provider, ask, read_vault, start, lists) -> None:
    fake = provider(answer)
    fetched = ask("ibtracs", fake.url, "MDG", (date(start, 1, 1), date(start, 12, 31)))
    assert [question.path for question in fake.asked] == [f"/ibtracs.{name}.list.v04r01.csv" for name in lists]
    assert fetched.payloads == len(lists)
    assert all(reading.accepted == 1 for reading in read_vault("ibtracs"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [("<html>moved</html>", "is no list of tracks"), ("SID,ISO_TIME\n", "does not begin with a position")],
)
def test_what_is_no_list_is_refused(provider, ask, text: str, problem: str) -> None:
    fake = provider(lambda _question: text)
    with pytest.raises(FetchError, match=problem):
        ask("ibtracs", fake.url)


def test_a_check_asks_for_the_small_list_of_storms_under_way(provider, tmp_path: Path) -> None:
    fake = provider(answer)
    check_at("ibtracs", fake.url, tmp_path)
    assert [question.path for question in fake.asked] == ["/ibtracs.ACTIVE.list.v04r01.csv"]


def test_the_real_file_is_claimed_by_its_first_look(real_data: Path) -> None:
    path = "global/disaster/ibtracs_ALL_list_v04r01_fixture.csv"
    assert source("ibtracs").recognises(look(Raw(real_data / path, path, "")))
