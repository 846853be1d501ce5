"""Matching on the providers' own files: what share is found, and that no match is wrong.

Every figure is counted a second way, by a plain join on names that knows nothing of the ladder.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from riskmap.grid.cells import grid_over
from riskmap.grid.ledger import LedgerRow
from riskmap.grid.matching import Match, Matcher, Words
from riskmap.grid.merge import MergeInput, merge
from riskmap.grid.names import folded
from riskmap.grid.nesting import nested
from riskmap.grid.places import Gazetteer
from riskmap.grid.spread import Ground
from riskmap.model.area import Area
from riskmap.model.layer import Layer
from riskmap.model.period import period_range
from riskmap.sources.boundaries import read_areas
from riskmap.store.vault import raw_of

Matched = list[tuple[Words, Match]]


@pytest.fixture(scope="module")
def units(real_data: Path) -> Callable[..., dict[int, tuple[Area, ...]]]:
    def read(**files: str) -> dict[int, tuple[Area, ...]]:
        found: list[Area] = []
        for level, path in files.items():
            found += read_areas(raw_of(real_data / path, real_data), int(level[-1]), {}).areas
        areas, _ = nested(found)
        return {level: tuple(area for area in areas if area.level == level) for level in {a.level for a in areas}}

    return read


def matched(areas: dict[int, tuple[Area, ...]], words: Iterable[Words]) -> Matched:
    matcher = Matcher(Gazetteer(areas))
    return [(one, matcher.find(one)) for one in words]


def ways(found: Matched) -> dict[str, int]:
    return pd.Series([match.way or match.reason for _, match in found]).value_counts().to_dict()


def differing(areas: dict[int, tuple[Area, ...]], found: Matched) -> set[tuple[str, str]]:
    """Pairs of names, as told and as in the boundaries, of matches whose names differ."""
    pairs = set()
    for words, match in found:
        for row, _ in match.targets:
            area = areas[words.level][row]
            if words.name and folded(words.name) not in {folded(name) for name in (area.name, *area.alternatives)}:
                pairs.add((words.name, area.name))
    return pairs


@pytest.fixture(scope="module")
def nigeria(units) -> dict[int, tuple[Area, ...]]:
    return units(
        level1="nigeria/cod_ab_NGA_adm1_ibf_fixed.geojson",
        level2="nigeria/cod_ab_NGA_adm2_ibf_fixed.geojson",
    )


@pytest.fixture(scope="module")
def hungry(real_data: Path) -> pd.DataFrame:
    """People in phases 3 to 5 by district: codes of four digits against the six of the boundaries."""
    path = real_data / "nigeria" / "cadre_harmonise_NGA_adm2_2023_06_01.json"
    return pd.DataFrame(json.loads(path.read_text())["DataList"])


def words_of(hungry: pd.DataFrame) -> list[Words]:
    columns = (hungry["adm2_pcod2"], hungry["adm2_name"], hungry["adm1_name"])
    return [Words(code, name, parent, 2) for code, name, parent in zip(*columns, strict=True)]


def test_nigeria_joins_by_raw_code_nowhere_and_by_the_ladder_everywhere(nigeria, hungry) -> None:
    assert not set(hungry["adm2_pcod2"]) & {area.pcode for area in nigeria[2]}
    found = matched(nigeria, words_of(hungry))
    assert ways(found) == {"padded": 567, "name": 2}


def test_in_nigeria_no_match_is_wrong(nigeria, hungry) -> None:
    """By hand: every pair of names agrees but three, which are spellings; two codes say another district."""
    found = matched(nigeria, words_of(hungry))
    assert differing(nigeria, found) == {
        ("Isuikwuato", "Isiukwuato"),
        ("Osisioma", "Osisioma Ngwa"),
        ("Umunneoche", "Umu-Nneochi"),
    }
    states = {area.pcode: area.name for area in nigeria[1]}
    for words, match in found:
        area = nigeria[2][match.targets[0][0]]
        assert folded(states[area.parent]) == folded(words.parent), f"{words} lies in another state"
    told = [(words.code, words.name, words.parent) for words, match in found if match.way == "name"]
    assert told == [("NG2411", "Edu", "Kwara"), ("NG3202", "Bassa", "Kogi")]


def test_nigeria_without_names_is_refused_and_not_guessed(nigeria, hungry) -> None:
    found = matched(nigeria, [Words(code, "", "", 2) for code in hungry["adm2_pcod2"]])
    assert set(ways(found)) == {"p-code of another width, and no name that confirms it"}


def account_of(areas: dict[int, tuple[Area, ...]], columns: dict[str, object], title: str) -> LedgerRow:
    """The ledger of one stock over a coarse grid of a country."""
    country = Area(title[:3].upper(), title, 0, shapely.union_all([area.geometry for area in areas[1]]))
    ground = Ground(grid_over(country.geometry, 3), {0: (country,), **areas})
    count = len(columns["value"])
    layer = Layer.build(
        {
            "record_id": [str(row) for row in range(count)],
            "source": "demo",
            "theme": "vulnerability",
            "measure": "m",
            "kind": "stock",
            "spread": "extensive",
            "unit": "people",
            "licence": "none",
            "start": [datetime(2023, 6, 1, tzinfo=UTC)] * count,
            "end": [datetime(2023, 10, 1, tzinfo=UTC)] * count,
            **columns,
        }
    )
    periods = period_range(date(2023, 6, 1), date(2023, 6, 1))
    return merge([MergeInput("demo", layer)], ground, periods, {}, periods).ledger[0]


@pytest.mark.slow
def test_nigeria_reconciles_with_the_total_of_the_file(nigeria, hungry) -> None:
    row = account_of(
        nigeria,
        {
            "pcode": hungry["adm2_pcod2"].tolist(),
            "place": hungry["adm2_name"].tolist(),
            "place_parent": hungry["adm1_name"].tolist(),
            "pcode_level": 2,
            "value": hungry["phase35"].to_numpy(),
        },
        "Nigeria",
    )
    assert row.accepted_total == pytest.approx(24_961_341) == pytest.approx(hungry["phase35"].sum())
    assert {way: (records, value) for way, records, value in row.matched} == {
        "padded": (567, pytest.approx(24_912_757)),
        "name": (2, pytest.approx(48_584)),
    }
    assert (row.unmatched, row.outside) == ((), ())
    ((doubt, records, value, examples),) = row.doubts
    assert (doubt, records, value, len(examples)) == ("other spelling", 3, 49_434.0, 3)


@pytest.fixture(scope="module")
def chad(units) -> dict[int, tuple[Area, ...]]:
    """Districts with codes of three letters; of the regions only the one that is asked for, drawn around its own."""
    districts = units(level2="ugly/cod_ab_TCD_adm2_ibf.geojson")[2]
    inside = shapely.union_all([area.geometry for area in districts if area.pcode.startswith("TCD07")])
    return {1: (Area("TCD07", "Lac", 1, inside),), 2: districts}


def test_chad_writes_two_letters_and_the_boundaries_three(chad, real_data) -> None:
    reply = json.loads((real_data / "global" / "displacement" / "dtm_api_admin1_tcd.json").read_text())
    rounds = [Words(row["admin1Pcode"], row["admin1Name"], row["admin0Name"], 1) for row in reply["result"]]
    found = matched(chad, rounds)
    assert {words.code for words, _ in found} == {"TD07"}
    assert ways(found) == {"prefix": 56}
    assert {match.doubt for _, match in found} == {""}


def test_chad_by_two_letters_finds_every_district_and_no_other(chad) -> None:
    found = matched(chad, [Words(area.pcode.replace("TCD", "TD"), area.name, "", 2) for area in chad[2]])
    assert ways(found) == {"prefix": 70}
    assert [match.targets[0][0] for _, match in found] == list(range(70))


@pytest.fixture(scope="module")
def car(units) -> dict[int, tuple[Area, ...]]:
    folder = "central_african_republic/cod_ab_CAF_caf_admin"
    return units(level1=f"{folder}1.parquet", level2=f"{folder}2.parquet", level3=f"{folder}3.parquet")


def test_the_central_african_republic_writes_three_letters_and_the_boundaries_two(car, real_data) -> None:
    rows = pd.read_excel(
        real_data / "central_african_republic" / "dtm_car_r14.xlsx",
        header=1,
        dtype=str,
        engine="openpyxl",
    ).fillna("")
    region, district, commune = ((rows[f"#adm{level}+code"], rows[f"#adm{level}+name"]) for level in (1, 2, 3))
    first = matched(car, [Words(code, name, "", 1) for code, name in zip(*region, strict=True)])
    assert ways(first) == {"prefix": 2_496}
    second = matched(car, [Words(*told, 2) for told in zip(*district, region[1], strict=True)])
    assert ways(second) == {"prefix": 2_491, "name of level 3": 5}
    assert differing(car, first) == differing(car, second) == set()
    third = matched(car, [Words(*told, 3) for told in zip(*commune, district[1], strict=True)])
    assert ways(third)["prefix"] == 1_922
    assert ways(third)["name of level 2"] == 51, "a district's name in the column of communes is no commune"
    assert differing(car, third) == set()


def test_groups_of_the_central_african_republic_go_by_name_and_not_to_another_level(car, real_data) -> None:
    """The capital's eight districts are told among those of the country, where the boundaries have them a level lower."""
    rows = pd.read_csv(real_data / "central_african_republic" / "ipc_caf_area_long_latest.csv")
    rows = rows[(rows["Phase"] == "3+") & (rows["Validity period"] == "current")]
    found = matched(car, [Words("", *told, 2) for told in zip(rows["Area"], rows["Level 1"], strict=True)])
    assert ways(found) == {"name": 71, "name of level 3": 8}
    assert differing(car, found) == set()
    here = [bool(match.targets) for _, match in found]
    assert (rows["Number"][here].sum(), rows["Number"].sum()) == (2_244_945, 2_371_969)


def test_sudan_joins_by_code_everywhere(units, real_data) -> None:
    folder = "sudan/cod_ab_SDN_prism_sdn_admbnda_adm{}_cbs_nic_ssa_20200831.geojson"
    areas = units(level1=folder.format(1), level2=folder.format(2))
    rows = pd.read_csv(real_data / "sudan" / "hapi_idps_sdn_2023_2025.csv", keep_default_na=False)
    rows = rows[rows["admin_level"] == 2]
    found = matched(
        areas,
        [
            Words(code, name, parent, 2)
            for code, name, parent in zip(rows["admin2_code"], rows["admin2_name"], rows["admin1_name"], strict=True)
        ],
    )
    assert ways(found) == {"code": 15_720}
    assert differing(areas, found) == set()
    assert {match.doubt for _, match in found} == {""}


def test_somalia_by_name_finds_the_district_that_the_text_says(units, real_data) -> None:
    """All 6,556 events that name a district are found; but only 5,853 of them lie in the polygon of that name."""
    folder = "somalia/cod_ab_SOM_prism_som_admbnda_adm{}_ocha_20230308_dv.geojson"
    areas = units(level1=folder.format(1), level2=folder.format(2))
    rows = pd.read_csv(real_data / "somalia" / "acled_som_2022_2023.csv", keep_default_na=False)
    found = matched(areas, [Words("", *told, 2) for told in zip(rows["admin2"], rows["admin1"], strict=True)])
    assert ways(found) == {"name": 6_556, "placeholder, not a place": 1}
    assert differing(areas, found) == set()
    points = shapely.points(rows["longitude"].to_numpy(float), rows["latitude"].to_numpy(float))
    event, district = shapely.STRtree([area.geometry for area in areas[2]]).query(points, predicate="intersects")
    named = np.array([match.targets[0][0] if match.targets else -1 for _, match in found])
    assert (len(np.unique(event)), int((named[event] == district).sum())) == (6_522, 5_853)
