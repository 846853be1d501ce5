"""The sample's stories and traps: each file in its provider's format, telling what the README says it tells."""

import json
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import shapely


# ---------------------------------------------------------------------------------------------------------- conflict
def test_acled_has_the_31_columns_of_the_current_export(table, sample_data: Path) -> None:
    rows = table(sample_data / "acled.csv")
    assert len(rows[0]) == 31
    days = [date.fromisoformat(row["event_date"]) for row in rows]
    assert days == sorted(days, reverse=True)
    assert (min(days), max(days)) > (date(2022, 6, 30), date(2025, 5, 31))
    assert {row["geo_precision"] for row in rows} == {"1", "2", "3"}
    assert {row["time_precision"] for row in rows} == {"1", "2", "3"}
    assert all(int(row["timestamp"]) > 1_656_633_600 and int(row["fatalities"]) >= 0 for row in rows)


def test_two_acled_events_stand_there_twice_and_the_newer_version_differs(table, sample_data: Path) -> None:
    versions = defaultdict(list)
    for row in table(sample_data / "acled.csv"):
        versions[row["event_id_cnty"]].append(row)
    twice = [rows for rows in versions.values() if len(rows) > 1]
    assert [len(rows) for rows in twice] == [2, 2]
    assert all(one["timestamp"] != two["timestamp"] and one["fatalities"] != two["fatalities"] for one, two in twice)


def test_one_event_lies_outside_the_country(table, sample_data: Path, country: shapely.Geometry) -> None:
    rows = table(sample_data / "acled.csv")
    away = [r for r in rows if country.distance(shapely.Point(float(r["longitude"]), float(r["latitude"]))) > 0.2]
    assert [row["location"] for row in away] == ["Coastal waters"]


def test_ucdp_has_49_columns_and_every_precision(table, sample_data: Path) -> None:
    rows = table(sample_data / "ucdp_ged.csv")
    assert len(rows[0]) == 49
    assert {row["where_prec"] for row in rows} == set("1234567")
    assert {row["type_of_violence"] for row in rows} == set("123")
    for row in rows:
        parts = [int(row[f"deaths_{side}"]) for side in ("a", "b", "civilians", "unknown")]
        assert int(row["low"]) <= int(row["best"]) == sum(parts) <= int(row["high"])
        assert row["best"] != "0"
        assert row["date_start"] <= row["date_end"]
        assert row["geom_wkt"] == f"POINT ({row['longitude']} {row['latitude']})"


def test_the_fighting_starts_in_the_west_and_moves_east(table, sample_data: Path) -> None:
    quarters = defaultdict(list)
    for row in table(sample_data / "acled.csv"):
        if row["actor1"].startswith("Highland Front"):
            quarters[row["event_date"][:4], (int(row["event_date"][5:7]) - 1) // 3].append(float(row["longitude"]))
    assert min(quarters) == ("2024", 2)
    means = [float(np.mean(lons)) for _, lons in sorted(quarters.items())]
    assert means == sorted(means)
    assert means[0] < -24.4
    assert means[-1] > -23.9


def test_people_are_taken_around_the_camps_only_once_these_fill(table, sample_data: Path) -> None:
    taken: Counter[str] = Counter()
    for row in table(sample_data / "acled.csv"):
        if row["admin1"] == "Kelmora" and row["civilian_targeting"]:
            taken[row["event_date"][:4]] += 1
    assert taken["2024"] < 12
    assert taken["2025"] > 40


# ------------------------------------------------------------------------------------------------------ displacement
def test_dtm_is_the_services_envelope_with_two_overlapping_operations(
    sample_data: Path, districts: dict[str, dict]
) -> None:
    answer = json.loads((sample_data / "dtm_admin2.json").read_text(encoding="utf-8"))
    rows = answer["result"]
    assert (answer["isSuccess"], answer["statusCode"], answer["totalRecordsCount"]) == (True, 200, len(rows))
    assert {row["operation"] for row in rows} == {"Maravela Mobility Tracking", "Tessaro Earthquake Emergency Tracking"}
    assert all(row["admin2Name"] == districts[row["admin2Pcode"]]["ADM2_EN"] for row in rows)
    assert set(districts) - {row["admin2Pcode"] for row in rows} == {"XM0101", "XM0501"}
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(row["numPresentIdpInd"] > 0 for row in rows)
    again = [row for row in rows if row["assessmentType"] == "SA"]
    assert {row["roundNumber"] for row in again} == {2}
    assert sum(r["numPresentIdpInd"] for r in again) == sum(
        r["numPresentIdpInd"] for r in rows if r["roundNumber"] == 2 and r["assessmentType"] == "BA"
    )


def test_the_camps_fill_from_november_to_may(sample_data: Path) -> None:
    stocks: Counter[str] = Counter()
    for row in json.loads((sample_data / "dtm_admin2.json").read_text(encoding="utf-8"))["result"]:
        if row["admin1Pcode"] == "XM04" and row["assessmentType"] == "BA":
            stocks[row["reportingDate"][:7]] += row["numPresentIdpInd"]
    assert stocks["2024-09"] < 2_000
    assert stocks["2025-05"] > 35_000
    steps = [
        stocks[month]
        for month in ("2024-10", "2024-11", "2024-12", "2025-01", "2025-02", "2025-03", "2025-04", "2025-05")
    ]
    assert steps == sorted(steps)


def test_idmc_events_hold_chosen_figures_among_reports(sample_data: Path) -> None:
    rows = json.loads((sample_data / "idmc_idu.json").read_text(encoding="utf-8"))
    roles = defaultdict(set)
    for row in rows:
        roles[row["event_id"]].add(row["role"])
        lat, lon = row["locations_coordinates"].split("; ")[0].split(", ")
        assert shapely.box(-25, -30, -22, -27).contains(shapely.Point(float(lon), float(lat)))
        assert len(row["locations_coordinates"].split("; ")) == len(row["locations_type"].split("; "))
        assert row["displacement_start_date"] <= row["displacement_end_date"] < row["created_at"]
    assert {frozenset(found) for found in roles.values()} == {
        frozenset({"Recommended figure"}),
        frozenset({"Recommended figure", "Triangulation"}),
        frozenset({"Triangulation"}),
    }
    assert any(";" in row["locations_coordinates"] for row in rows)
    quake = [row for row in rows if row["type"] == "Earthquake"]
    assert {row["displacement_date"][:10] for row in quake} == {"2025-02-11"}
    assert sum(row["figure"] for row in quake if row["role"] == "Recommended figure") == 34_600


# --------------------------------------------------------------------------------------------------------- disasters
def test_gdacs_files_are_two_events_one_of_them_in_two_episodes(features, sample_data: Path) -> None:
    for kind, classes in (
        ("eq", {"Poly_Circle", "Poly_SMPInt_5.0", "Poly_SMPInt_6.0", "Poly_SMPInt_7.0"}),
        ("dr", {"Poly_area"}),
    ):
        event = json.loads((sample_data / f"gdacs_{kind}_event.json").read_text(encoding="utf-8"))["properties"]
        found = features(sample_data / f"gdacs_{kind}_geometry.json")
        assert {f["properties"]["Class"] for f in found} == classes | {"Point_Centroid"}
        assert {(f["properties"]["eventid"], f["properties"]["episodeid"]) for f in found} == {
            (event["eventid"], event["episodeid"])
        }
        for f in found:
            shape = shapely.geometry.shape(f["geometry"])
            assert shape.is_valid
            assert tuple(f["bbox"]) == shape.bounds
    older = features(sample_data / "gdacs_dr_ep1_geometry.json")[1]
    newer = features(sample_data / "gdacs_dr_geometry.json")[1]
    assert (older["properties"]["episodeid"], newer["properties"]["episodeid"]) == (1, 2)
    assert older["properties"]["eventid"] == newer["properties"]["eventid"]
    assert shapely.geometry.shape(newer["geometry"]).covers(shapely.geometry.shape(older["geometry"]))


def test_the_shakemap_has_as_many_nodes_as_its_header_says(sample_data: Path) -> None:
    root = ET.parse(sample_data / "shakemap_grid.xml").getroot()
    space = {"s": "http://earthquake.usgs.gov/eqcenter/shakemap"}
    grid = root.find("s:grid_specification", space)
    assert grid is not None
    nodes = np.array((root.findtext("s:grid_data", "", space)).split(), dtype="f8").reshape(-1, 9)
    assert len(nodes) == int(grid.attrib["nlon"]) * int(grid.attrib["nlat"]) == 18_000
    names = [field.attrib["name"] for field in root.findall("s:grid_field", space)]
    lon, lat, mmi = (nodes[:, names.index(name)] for name in ("LON", "LAT", "MMI"))
    assert (lon.min(), lat.max()) == (float(grid.attrib["lon_min"]), float(grid.attrib["lat_max"]))
    assert lat[0] > lat[-1]
    assert root.attrib["shakemap_version"] == "4"
    assert 7.5 < mmi.max() < 9.5
    assert lat[mmi >= 6].min() > -28.5


# ------------------------------------------------------------------------------------------------------------ tables
def test_every_code_in_every_table_is_one_of_the_boundaries(
    table, sample_data: Path, districts: dict[str, dict]
) -> None:
    regions = {district["ADM1_PCODE"] for district in districts.values()}
    seen = 0
    for path in sorted(sample_data.glob("*.csv")):
        for row in table(path):
            assert row.get("adm1_pcode", "XM01") in regions, path.name
            if "adm2_pcode" in row:
                seen += 1
                district = districts[row["adm2_pcode"]]
                assert row.get("adm2_name", row.get("Area")) == district["ADM2_EN"], path.name
    assert seen > 900


def test_the_remote_district_lacks_what_a_score_needs_and_another_some_of_it(
    table, sample_data: Path, districts: dict[str, dict]
) -> None:
    names = ("demography", "education", "wealth", "services", "site_survey", "camps")
    tables = {name: {row["adm2_pcode"] for row in table(sample_data / f"{name}.csv")} for name in names}
    assert all("XM0501" not in codes for codes in tables.values())
    assert set(districts) - tables["education"] == {"XM0501", "XM0101"}
    assert set(districts) - tables["services"] == {"XM0501"}
    phases = {row["adm2_pcode"] for row in table(sample_data / "food_security.csv") if row["Phase"] == "3+"}
    assert set(districts) - phases == {"XM0501"}
    empty = [row["adm2_pcode"] for row in table(sample_data / "services.csv") if not row["outside_hotline_share"]]
    assert empty == ["XM0101"]
    assert tables["camps"] == tables["site_survey"] >= {"XM0402", "XM0404"}


def test_hunger_rises_in_the_south_district_by_district(table, sample_data: Path) -> None:
    shares = defaultdict(dict)
    for row in table(sample_data / "food_security.csv"):
        if row["Phase"] == "3+" and row["Validity period"] == "current":
            shares[row["adm2_pcode"]][row["From"]] = float(row["Percentage"])
    south = {code: list(by_day.values()) for code, by_day in shares.items() if code.startswith("XM05")}
    assert all(
        len(values) == 6 and values == sorted(values) and values[-1] > 2 * values[0] for values in south.values()
    )
    above = {code: next(i for i, value in enumerate(values) if value >= 0.2) for code, values in south.items()}
    assert sorted(above, key=lambda code: above[code]) == ["XM0503", "XM0504", "XM0502", "XM0505"]


def test_phases_of_a_district_add_up_to_all_of_it(table, sample_data: Path) -> None:
    phases = defaultdict(dict)
    for row in table(sample_data / "food_security.csv"):
        phases[row["adm2_pcode"], row["Validity period"], row["From"]][row["Phase"]] = round(
            float(row["Percentage"]) * 100
        )
    for (code, _, _), found in phases.items():
        if code == "XM0501":
            assert found == {"all": 100}
        else:
            assert sum(found[phase] for phase in "12345") == 100
            assert sum(found[phase] for phase in "345") == found["3+"]
