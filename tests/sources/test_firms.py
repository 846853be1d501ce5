"""FIRMS: hot spots as squares and days, whatever the number of satellites, and a provider that errs with status 200."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from checking import check_at
from faking import Answer, Fake, Question

from riskmap.errors import CredentialsMissing, FetchError, InputError, ProviderRefused
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.sight import look
from riskmap.sources.source import source

KEY = "0123456789abcdef0123456789abcdef"
VIIRS = {
    "latitude": "10.12345",
    "longitude": "29.50111",
    "bright_ti4": "331.5",
    "acq_date": "2024-01-03",
    "acq_time": "659",
    "satellite": "N",
    "instrument": "VIIRS",
    "confidence": "n",
    "version": "2.0NRT",
    "frp": "4.31",
    "daynight": "D",
}
MODIS = VIIRS | {"satellite": "Aqua", "instrument": "MODIS", "confidence": "83", "version": "6.1NRT"}
HEADER = "latitude,longitude,bright_ti4,acq_date,acq_time,satellite,instrument,confidence,version,frp,daynight"
AVAILABLE = """data_id,min_date,max_date
MODIS_NRT,2023-12-01,2024-01-12
MODIS_SP,2000-11-01,2023-12-31
VIIRS_NOAA21_NRT,2024-01-17,2024-03-01
"""


def test_several_satellites_that_see_one_fire_count_it_once(read) -> None:
    reading = read("firms", [VIIRS, VIIRS | {"satellite": "N20", "acq_time": "611"}, MODIS | {"acq_time": "1204"}])
    (record,) = reading.layer.table.to_pylist()
    assert (reading.read, reading.accepted) == (3, 3)
    assert (record["measure"], record["value"], record["kind"]) == ("fire_square_days", 1.0, "flow")
    assert record["overlap_group"] == "active-fires"
    assert reading.notes[0] == "3 hot spots fill 1 squares of 0.01 degrees and days"


def test_a_fire_counts_again_on_the_next_day(read) -> None:
    assert len(read("firms", [VIIRS, VIIRS | {"acq_date": "2024-01-04"}]).layer) == 2


def test_a_square_is_a_place_near_its_middle_and_never_exact(read) -> None:
    (record,) = read("firms", [VIIRS]).layer.table.to_pylist()
    assert record["geo_precision"] == "near"
    assert record["precision_m"] == 800
    assert (f"{record['start']:%Y-%m-%d}", f"{record['end']:%Y-%m-%d}") == ("2024-01-03", "2024-01-04")


@pytest.mark.parametrize(
    ("time", "good"), [("659", True), ("0", True), ("2359", True), ("660", False), ("2400", False)]
)
def test_times_are_hours_and_minutes_without_padding(read, time: str, good: bool) -> None:
    reading = read("firms", [VIIRS, VIIRS | {"acq_date": "2024-01-05", "acq_time": time}])
    assert len(reading.layer) == 1 + good
    assert dict(reading.quarantined) == ({} if good else {"acq_time: no hour and minute": 1})


def test_standard_processing_replaces_near_real_time_of_the_same_square_and_day(read) -> None:
    early = read("firms", [VIIRS])
    late = read("firms", [VIIRS | {"version": "2", "type": "0"}])
    assert early.layer.table["preliminary"].to_pylist() == [True]
    (standing,) = Layer.concat([late.layer, early.layer]).standing().table.to_pylist()
    assert (standing["preliminary"], standing["version"]) == (False, "1 standard")


def test_a_row_that_comes_in_both_forms_counts_as_standard(read) -> None:
    reading = read("firms", [VIIRS | {"version": "2"}, VIIRS])
    assert reading.layer.table["preliminary"].to_pylist() == [False]
    assert dict(reading.quarantined) == {"repeated, or replaced by standard processing": 1}


@pytest.mark.parametrize(
    ("row", "confidence", "accepted"),
    [
        (MODIS, "29", False),
        (MODIS, "30", True),
        (MODIS, "100", True),
        (MODIS, "101", False),
        (MODIS, "n", False),
        (VIIRS, "l", False),
        (VIIRS, "high", True),
        (VIIRS, "83", False),
    ],
)
def test_each_instrument_has_its_own_scale_of_confidence(read, row, confidence: str, accepted: bool) -> None:
    assert len(read("firms", [row | {"confidence": confidence}]).layer) == accepted


def test_low_confidence_may_be_let_in(read) -> None:
    assert len(read("firms", [VIIRS | {"confidence": "l"}], least_confidence="low").layer) == 1
    with pytest.raises(InputError, match="option least_confidence"):
        read("firms", [VIIRS], least_confidence="certain")


def test_flares_and_volcanoes_are_no_fires_where_the_file_tells_them_apart(read) -> None:
    reading = read("firms", [MODIS | {"type": kind, "acq_time": f"{kind}00"} for kind in "01234"])
    assert reading.accepted == 1
    assert dict(reading.quarantined) == {
        "type 1: active volcano": 1,
        "type 2: other static land source, such as a gas flare": 1,
        "type 3: offshore": 1,
        "type: not one of 0 to 3": 1,
    }
    assert "no column type: gas flares and volcanoes cannot be told from fires" in read("firms", [MODIS]).notes


def test_another_instrument_is_refused(read) -> None:
    assert read("firms", [VIIRS | {"instrument": "OLI"}]).quarantined == {"instrument: neither MODIS nor VIIRS": 1}


def test_the_edges_of_the_world_are_squares_inside_it(read) -> None:
    corners = [VIIRS | {"latitude": "90", "longitude": "180"}, VIIRS | {"latitude": "-90", "longitude": "-180"}]
    ids = read("firms", corners).layer.table["record_id"].to_pylist()
    assert ids == ["-9000/-18000/2024-01-03", "8999/-18000/2024-01-03"]


def test_places_far_out_of_the_world_are_refused(read) -> None:
    reading = read("firms", [VIIRS, VIIRS | {"latitude": "1e308"}, VIIRS | {"longitude": "200"}])
    assert reading.quarantined == {"latitude out of range": 1, "longitude out of range": 1}


def test_a_header_alone_means_that_nothing_burnt(read) -> None:
    reading = read("firms", HEADER + "\n")
    assert (reading.read, len(reading.layer)) == (0, 0)
    assert reading.notes == ("no hot spot: the file holds its header alone",)


def test_an_error_in_place_of_a_table_is_refused(read) -> None:
    with pytest.raises(InputError):
        read("firms", "Invalid MAP_KEY.\n")


def test_the_real_fires_of_portugal(read_real, total) -> None:
    """Counted with the csv and decimal modules: 434 of 457 rows from 30 % on, in 376 squares and days; 308 from 80 %."""
    path = "global/disaster/firms_PRT_2017_06_modis.csv"
    reading = read_real("firms", path)
    assert (reading.read, reading.accepted, len(reading.layer)) == (457, 434, 376)
    assert total(reading.layer, "fire_square_days") == 376
    assert read_real("firms", path, least_confidence="high").accepted == 308
    assert len(read_real("firms", path, least_confidence="low").layer) == 396


def answering(found: Callable[[str, str, date, int], Answer | str]) -> Callable[[Question], Answer | str | None]:
    """A provider whose tables of sensor, place, day and number of days a function gives."""

    def answer(question: Question) -> Answer | str | None:
        parts = question.path.strip("/").split("/")
        if parts[:3] == ["data_availability", "csv", KEY]:
            return AVAILABLE
        if parts[:3] == ["area", "csv", KEY]:
            sensor, place, days, first = parts[3:]
            return found(sensor, place, date.fromisoformat(first), int(days))
        return "Invalid MAP_KEY."

    return answer


def fires(sensor: str, _place: str, first: date, days: int) -> str:
    """One fire on the first of the days, told by its sensor and version."""
    assert days <= 5
    version = "6.1NRT" if sensor.endswith("NRT") else "6.2"
    row = f"10.1,29.5,331.5,{first},659,{'Aqua' if 'MODIS' in sensor else 'N21'},MODIS,83,{version},4.31,D"
    return f"{HEADER}\n{row}\n"


def areas(fake: Fake) -> list[str]:
    return [question.path.split(KEY)[1] for question in fake.asked if question.path.startswith("/area")]


def test_at_most_five_days_are_asked_at_once_and_archives_before_near_real_time(provider, ask, read_vault) -> None:
    fake = provider(answering(fires))
    span = (date(2023, 12, 20), date(2024, 1, 20))
    fetched = ask("firms", fake.url, "SDN", span, {"bbox": "21.8,8.6,38.6,22.3"}, firms_map_key=KEY)
    assert areas(fake) == [
        "/MODIS_SP/21.8,8.6,38.6,22.3/5/2023-12-20",
        "/MODIS_SP/21.8,8.6,38.6,22.3/5/2023-12-25",
        "/MODIS_SP/21.8,8.6,38.6,22.3/2/2023-12-30",
        "/MODIS_NRT/21.8,8.6,38.6,22.3/5/2024-01-01",
        "/MODIS_NRT/21.8,8.6,38.6,22.3/5/2024-01-06",
        "/MODIS_NRT/21.8,8.6,38.6,22.3/2/2024-01-11",
        "/VIIRS_NOAA21_NRT/21.8,8.6,38.6,22.3/3/2024-01-17",
    ]
    assert fetched.payloads == 7
    layer = Layer.concat([reading.layer for reading in read_vault("firms")])
    assert layer.table["preliminary"].to_pylist() == [False] * 3 + [True] * 4


def test_the_world_needs_no_box_and_sensors_may_be_chosen(provider, ask) -> None:
    fake = provider(answering(fires))
    ask("firms", fake.url, "", (date(2024, 1, 17), date(2024, 1, 19)), {"sensors": "viirs_noaa21"}, firms_map_key=KEY)
    assert areas(fake) == ["/VIIRS_NOAA21_NRT/world/2/2024-01-17"]


def test_an_error_text_with_a_good_status_is_refused(provider, ask, vault) -> None:
    fake = provider(answering(lambda *_: "Invalid day range. Expects [1..5]."))
    with pytest.raises(ProviderRefused, match="status 200, but with this: Invalid day range"):
        ask("firms", fake.url, "", firms_map_key=KEY)
    assert [one.role for one in vault.receipts("firms")].count("refused") == 1


def test_a_used_up_quota_is_waited_for(provider, ask) -> None:
    answers = iter(["Exceeding allowed transaction limit", f"{HEADER}\n"])
    fake = provider(answering(lambda *_: next(answers)))
    span = (date(2024, 1, 17), date(2024, 1, 19))
    assert ask("firms", fake.url, "", span, {"sensors": "VIIRS_NOAA21"}, firms_map_key=KEY).payloads == 1
    assert len(areas(fake)) == 2


def test_a_wrong_key_is_refused_before_anything_else_is_asked(provider, ask) -> None:
    fake = provider(answering(fires))
    with pytest.raises(ProviderRefused, match="Invalid MAP_KEY"):
        ask("firms", fake.url, "", firms_map_key="another-key")
    assert len(fake.asked) == 1


def test_a_table_of_days_that_is_none_is_refused(provider, ask) -> None:
    fake = provider(lambda _question: "data_id,min_date,max_date\nMODIS_NRT,soon,later\n")
    with pytest.raises(FetchError, match="no table of products"):
        ask("firms", fake.url, "", firms_map_key=KEY)


@pytest.mark.parametrize(
    ("area", "options", "problem"),
    [
        ("SDN", {}, "give the option bbox=west,south,east,north that encloses SDN"),
        ("", {"bbox": "1,2,3,4"}, "option bbox goes with the country"),
        ("SDN", {"bbox": "1,2,3"}, "in degrees, not '1,2,3'"),
        ("SDN", {"bbox": "38,22,21,8"}, "west < east and south < north"),
        ("", {"sensors": "OLI"}, "no sensor 'OLI'"),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_sent(provider, ask, area: str, options, problem: str) -> None:
    fake = provider(answering(fires))
    with pytest.raises(FetchError, match=problem):
        ask("firms", fake.url, area, options=options, firms_map_key=KEY)
    assert areas(fake) == []


def test_days_that_no_satellite_has_are_said(provider, ask) -> None:
    fake = provider(answering(fires))
    with pytest.raises(FetchError, match="nothing from 2030-01-01 to before 2030-02-01; it has MODIS_NRT 2023-12-01"):
        ask("firms", fake.url, "", (date(2030, 1, 1), date(2030, 2, 1)), firms_map_key=KEY)


def test_a_missing_key_is_said_and_nothing_is_asked(provider, ask) -> None:
    fake = provider(answering(fires))
    with pytest.raises(CredentialsMissing, match="FIRMS_MAP_KEY"):
        ask("firms", fake.url, "")
    assert fake.asked == []


def test_the_key_in_the_path_is_nowhere_in_the_vault(provider, ask, vault) -> None:
    fake = provider(answering(fires))
    ask("firms", fake.url, "", (date(2024, 1, 1), date(2024, 1, 2)), firms_map_key=KEY)
    assert any(KEY in question.path for question in fake.asked)
    kept = [path.read_bytes() for path in vault.folder.rglob("*") if path.is_file()]
    assert kept
    assert not any(KEY.encode() in content for content in kept)


def test_a_check_is_one_small_request(provider, tmp_path: Path) -> None:
    fake = provider(answering(fires))
    check_at("firms", fake.url, tmp_path, firms_map_key=KEY)
    assert [question.path for question in fake.asked] == [f"/data_availability/csv/{KEY}/all"]


def test_the_real_file_is_claimed_by_its_first_look(real_data: Path) -> None:
    path = "global/disaster/firms_PRT_2017_06_modis.csv"
    assert source("firms").recognises(look(Raw(real_data / path, path, "")))
