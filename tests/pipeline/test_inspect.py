"""Looking at a file: who reads it, what it gives, what to beware of; a provider's file is never taken for any table."""

from pathlib import Path

import pytest

from riskmap.errors import InputError, UnknownSource
from riskmap.pipeline.inspect import inspect_file, inspected_files
from riskmap.pipeline.source_report import inspect_report

UCDP = (
    "id,code_status,type_of_violence,where_prec,latitude,longitude,date_prec,date_start,date_end,best,high,low\n"
    + "".join(f"{number},Check,1,1,9.5,30.5,1,2025-01-0{1 + number % 9},2025-01-09,3,4,2\n" for number in range(12))
    + "99,Clear,1,4,9.1,30.1,1,2025-01-01,2025-01-09,1,1,1\n"
)


def at(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_providers_file_is_read_by_its_provider_and_its_traps_are_told(tmp_path: Path) -> None:
    found = inspect_file(at(tmp_path, "ged.csv", UCDP), tmp_path)
    assert (found.file, found.kind, found.source, found.refusal) == ("ged.csv", "delimited", "ucdp", "")
    assert found.summary.read == 13
    assert found.summary.measures["conflict_deaths"].total == 37
    assert (found.summary.measures["conflict_deaths"].first, found.summary.newest) == ("2025-01-01", "2025-01-09")
    assert found.traps == (
        "known only for areas, not for points: 3 adm1",
        "up to 12 records told as exact stand on one point: it may stand for an area",
        "36 records are preliminary and may change or vanish",
        "never to be added to other sources of conflict-events",
    )


def test_a_stock_told_again_and_again_says_what_adding_it_up_would_give(tmp_path: Path) -> None:
    rows = "".join(
        f'{{"operation":"O","admin0Pcode":"TCD","admin0Name":"Chad","admin1Pcode":"TD01","admin1Name":"Batha",'
        f'"numPresentIdpInd":100,"reportingDate":"2024-0{month}-01T00:00:00","roundNumber":{month},'
        f'"displacementReason":"Conflict","assessmentType":"BA"}},'
        for month in (1, 2, 3)
    ).rstrip(",")
    path = at(tmp_path, "dtm.json", f'{{"isSuccess":true,"result":[{rows}]}}')
    found = inspect_file(path, tmp_path)
    told = "idps: a stock told at 3 dates; adding them up would give 300, 3.0 times the newest of each place, 100"
    assert told in found.traps
    assert found.summary.measures["idps"].total == 100
    assert "rows may not be passed on (IOM-DTM-terms)" in found.traps


def test_a_providers_file_that_is_refused_is_not_taken_for_any_table(tmp_path: Path) -> None:
    found = inspect_file(at(tmp_path, "ged.csv", UCDP.replace("date_start", "started")), tmp_path)
    assert (found.source, found.summary) == ("ucdp", None)
    assert "no column 'date_start'" in found.refusal


def test_a_file_of_nobody_is_refused_with_what_to_do(tmp_path: Path) -> None:
    found = inspect_file(at(tmp_path, "a.bin", b"\x00\x01\x02\x00"), tmp_path)
    assert (found.kind, found.source) == ("unknown", None)
    assert "no source knows it" in found.refusal


def test_companions_of_a_shapefile_lead_to_it(tmp_path: Path) -> None:
    found = inspect_file(at(tmp_path, "flood.dbf", b"x"), tmp_path)
    assert found.refusal == "a companion of the shapefile flood.shp; look at that one"


def test_a_source_can_be_told_and_given_options(tmp_path: Path) -> None:
    path = at(tmp_path, "ged.csv", UCDP)
    assert inspect_file(path, tmp_path, {"version": "25.0.1", "colour": 1}, "ucdp").source == "ucdp"
    assert "not in the file" not in inspect_file(path, tmp_path, name="acled").refusal
    assert inspect_file(path, tmp_path, name="acled").source == "acled"
    with pytest.raises(UnknownSource, match="hearsay"):
        inspect_file(path, tmp_path, name="hearsay")
    with pytest.raises(InputError, match="no such file"):
        inspect_file(tmp_path / "gone.csv", tmp_path)


def test_a_folder_is_looked_at_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    first, second = at(tmp_path / "sub", "b.csv", UCDP), at(tmp_path, "a.csv", UCDP)
    assert list(inspected_files([tmp_path, second])) == [(second, tmp_path), (first, tmp_path), (second, tmp_path)]


def test_one_file_is_told_in_full_and_several_in_a_table(tmp_path: Path) -> None:
    good = inspect_file(at(tmp_path, "ged.csv", UCDP), tmp_path)
    bad = inspect_file(at(tmp_path, "ged2.csv", UCDP.replace("date_start", "started")), tmp_path)
    full = inspect_report([good], as_json=False)
    assert "ged.csv: delimited, read by ucdp" in full
    assert "beware: 36 records are preliminary" in full
    assert "refused by ucdp" in inspect_report([bad], as_json=False)
    table = inspect_report([good, bad], as_json=False)
    assert "conflict_events 13 (13 events)" in " ".join(table.split())
    assert '"source": "ucdp"' in inspect_report([good, bad], as_json=True)


@pytest.mark.slow
def test_every_real_file_is_read_or_refused_with_a_reason(real_data: Path) -> None:
    found = [inspect_file(path, root) for path, root in inspected_files([real_data])]
    assert len(found) == 96
    for one in found:
        assert (one.summary is None) == bool(one.refusal), one.file
        assert one.summary is None or one.summary.read == one.summary.accepted + sum(one.summary.quarantined.values())


def test_a_table_of_nobody_is_refused_with_a_draft_of_what_a_case_must_say(tmp_path: Path) -> None:
    rows = "".join(f"XM01,XM010{n},Lua,202{n % 5},{n}.5,{n}\n" for n in range(1, 9))
    path = at(tmp_path, "wells.csv", "adm1_code,adm2_code,district,year,litres a day,id\n" + rows)
    found = inspect_file(path, tmp_path)
    assert found.source == "tables"
    assert found.draft.splitlines() == [
        "[[inputs]]",
        'source = "tables"',
        'path = "wells.csv"',
        "[inputs.options]",
        'pcode = "adm2_code"',
        "level = 2",
        'year = "year"',
        "[inputs.options.measures]  # kind: stock, flow, cumulative, exposure, index; spread: extensive, intensive",
        'litres_a_day = { column = "litres a day", unit = "?", kind = "?", spread = "?", theme = "?" }',
    ]
    assert "A case must say what it holds; a draft:" in inspect_report([found], as_json=False)


def test_a_draft_names_columns_of_names_dates_and_levels_where_there_are_no_codes(tmp_path: Path) -> None:
    numbers = ",".join(f"n{n}" for n in range(8))
    rows = "".join(f"Lua,2024-01-{n:02d},2," + ",".join(["1.5"] * 8) + "\n" for n in range(13, 20))
    path = at(tmp_path, "wells.csv", f"District,Month,adminLevel,{numbers}\n{rows}")
    draft = inspect_file(path, tmp_path).draft
    assert 'place = "District"      # columns that may name places: District' in draft
    assert 'level = "adminLevel"' in draft
    assert 'start = "Month"      # columns of dates: Month' in draft
    assert "# further columns of numbers: n5, n6, n7" in draft
    bare = inspect_file(at(tmp_path, "bare.csv", "a,b\nx,1\ny,2\n"), tmp_path).draft
    assert 'place = "?"' in bare
    assert "level = ?" in bare
    assert "start_date = ?" in bare


def test_an_empty_file_of_a_provider_has_no_traps(tmp_path: Path) -> None:
    assert (
        inspect_file(
            at(tmp_path, "ged.csv", UCDP.splitlines()[0] + "\n1,Clear,1,9,9,30,1,2025-01-01,2025-01-09,3,4,2\n"),
            tmp_path,
        ).traps
        == ()
    )


def test_withdrawn_records_and_unknown_values_are_told(tmp_path: Path) -> None:
    deleted = inspect_file(
        at(tmp_path, "deleted.csv", "event_id_cnty,deleted_timestamp\nSSD2,1709500000\n"), tmp_path, name="acled"
    )
    assert "1 ids are withdrawn: whatever was told of them before is taken back" in deleted.traps
    header = "event_id_cnty,event_date,event_type,sub_event_type,latitude,longitude,geo_precision,time_precision,fatalities,timestamp\n"
    twice = header + "".join(f"S1,2024-03-01,Battles,Armed clash,9.5,30.5,1,1,{n},170930000{n}\n" for n in (1, 2))
    assert inspect_file(at(tmp_path, "acled.csv", twice), tmp_path).summary.measures["conflict_deaths"].total == 2
