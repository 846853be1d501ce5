"""Places from a case file to the report: crosswalks are read and checked, and what was matched is told."""

import json
from pathlib import Path

import pytest
import shapely

import riskmap
from riskmap.errors import CaseError, InputError
from riskmap.pipeline.report import build_report

CASE = """
title = "Two regions"
resolution = 4
pcode_level = 2
[area]
iso3 = "XMV"
[[area.boundaries]]
level = 1
path = "adm1.geojson"
[[area.boundaries]]
level = 2
path = "adm2.geojson"
[[area.crosswalks]]
path = "crosswalk.csv"
[periods]
start = "2024-01"
end = "2024-01"
[[inputs]]
source = "tables"
path = "counts.csv"
[inputs.options]
pcode = "code"
place = "name"
level = 1
start_date = "2024-01-01"
end_date = "2025-01-01"
attribution = "nobody"
[inputs.options.measures]
idps = { column = "people", unit = "people", kind = "stock", spread = "extensive", theme = "displacement" }
need = { column = "need", unit = "%", kind = "index", spread = "intensive", theme = "vulnerability" }
"""
CROSSWALK = "code,to_code,share,note\nXM00,XM01,0.25,census\nXM00,XM02,0.75,census\n"
COUNTS = (
    "code,name,people,need\nXM01,West,10,5\nXM02,Levante,20,6\nXM00,Together,80,7\nXM02,West,40,5\nXM99,Atlantis,50,9\n"
)


def boundaries(level: int, units: list[tuple[str, str, float, float]]) -> str:
    features = [
        {
            "type": "Feature",
            "properties": {f"adm{level}_pcode": code, f"adm{level}_name": name},
            "geometry": shapely.geometry.mapping(shapely.box(west, 0, east, 2)),
        }
        for code, name, west, east in units
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    folder.mkdir()
    (folder / "adm1.geojson").write_text(boundaries(1, [("XM01", "West", 0, 2), ("XM02", "East", 2, 4)]))
    (folder / "adm2.geojson").write_text(boundaries(2, [("A", "Alto", 0, 2), ("B", "Bajo", 2, 4)]))
    (folder / "crosswalk.csv").write_text(CROSSWALK)
    (folder / "counts.csv").write_text(COUNTS)
    (folder / "two.toml").write_text(CASE)
    return folder


@pytest.fixture
def built(inputs: Path, tmp_path: Path) -> riskmap.Snapshot:
    return riskmap.build(riskmap.load_case(inputs / "two.toml"), inputs, tmp_path / "store")


def rows(snapshot: riskmap.Snapshot) -> dict[str, dict]:
    return {row["measure"]: row for row in snapshot.manifest["reconciliation"]}


def test_the_manifest_tells_what_was_matched_and_how(built) -> None:
    idps = rows(built)["idps"]
    assert idps["matched"] == {
        "code": {"records": 2, "value": 30.0},
        "code reused": {"records": 1, "value": 40.0},
        "crosswalk": {"records": 1, "value": 80.0},
    }
    assert idps["unmatched"] == {"name not in the boundaries": {"records": 1, "value": 50.0}}
    assert idps["matched_share"] == {"records": 0.8, "value": 0.75}
    assert [(told["doubt"], told["records"], told["value"]) for told in idps["doubts"]] == [
        ("code reused", 1, 40.0),
        ("other spelling", 1, 20.0),
    ]
    assert idps["doubts"][1]["examples"] == ["XM02 Levante: East"]


def test_averages_are_counted_and_not_summed(built) -> None:
    need = rows(built)["need"]
    assert need["matched"]["crosswalk"] == {"records": 1, "value": None}
    assert need["matched_share"] == {"records": 0.8, "value": None}
    assert {told["value"] for told in need["doubts"]} == {None}


def test_crosswalks_and_parents_are_in_the_manifest(built) -> None:
    (told,) = built.manifest["crosswalks"]
    assert (told["path"], told["bytes"]) == ("crosswalk.csv", len(CROSSWALK))
    assert "2 units of level 2 name no known parent: found by their place" in built.manifest["boundary_notes"]


def test_the_report_shows_ways_doubts_and_shares(built) -> None:
    report = build_report(built, as_json=False)
    lines = [line for line in report.splitlines() if "tables:idps" in line]
    assert any("code reused" in line and "40.00" in line and "by name XM01 West" in line for line in lines)
    assert any("of these other spelling" in line and "XM02 Levante: East" in line for line in lines)
    assert any("all ways, %" in line and "80.00" in line and "75.00" in line for line in lines)


def test_the_report_says_nothing_of_places_where_all_are_points(sample) -> None:
    report = build_report(sample, as_json=False)
    matched = report[report.index("Places matched") : report.index("Left out, by reason")]
    assert "tables:population" in matched
    assert "acled:conflict_events" not in matched


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, CaseError, "crosswalk crosswalk.csv: no such file"),
        ("code,to_code\nXM00,XM77\n", CaseError, "1 codes are not in the boundaries, such as XM77"),
        ("code,to_code,share\nXM00,XM01,0.5\n", CaseError, "shares of XM00 sum to 0.5"),
        ("code,to_code\nXM00,\n", InputError, "to_code is missing"),
    ],
)
def test_a_crosswalk_that_cannot_be_right_stops_the_build(inputs, tmp_path, text, error, message) -> None:
    (inputs / "crosswalk.csv").unlink()
    if text is not None:
        (inputs / "crosswalk.csv").write_text(text)
    with pytest.raises(error, match=message):
        riskmap.build(riskmap.load_case(inputs / "two.toml"), inputs, tmp_path / "store")
    assert not (tmp_path / "store" / "latest").exists()
