"""The main real case, on the providers' own files: figures counted by hand from them."""

from pathlib import Path

import numpy as np
import pytest

import riskmap

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def somalia(root: Path, real_data: Path, tmp_path_factory) -> riskmap.Snapshot:
    case = riskmap.load_case(root / "data" / "cases" / "somalia.toml")
    return riskmap.build(case, real_data, tmp_path_factory.mktemp("somalia"))


def row(snapshot: riskmap.Snapshot, source: str, measure: str) -> dict:
    found = [r for r in snapshot.manifest["reconciliation"] if (r["source"], r["measure"]) == (source, measure)]
    assert len(found) == 1
    return found[0]


def entry(snapshot: riskmap.Snapshot, source: str) -> dict:
    return next(e for e in snapshot.manifest["inputs"] if e["source"] == source)


def test_it_has_about_twenty_thousand_cells(somalia) -> None:
    assert 17_000 < len(somalia.cells) < 21_000


def test_every_conflict_record_is_read_and_those_outside_are_listed(somalia) -> None:
    acled = entry(somalia, "acled")
    assert acled["read"] == 6_557 == acled["accepted"] + sum(acled["quarantined"].values())
    rows = [row(somalia, "acled", kind) for kind in ("conflict_events", "unrest_events", "strategic_events")]
    assert sum(r["records"] + sum(count for _, count in r["beyond"]) for r in rows) == 6_557
    lost = sum(count for r in rows for reason, count in r["beyond"] if "in no area" in reason)
    assert (sum(r["on_border"] for r in rows), lost) == (34, 1), "35 lie off the districts, 34 of them in border cells"


def test_arrivals_are_allocated_or_listed_by_district(somalia) -> None:
    arrivals = row(somalia, "prmn", "new_arrivals")
    assert arrivals["accepted_total"] == pytest.approx(2_605_141, abs=1e-6)
    assert sum(part["value"] for part in arrivals["outside"]) + arrivals["cells_total"] == pytest.approx(2_605_141)
    assert arrivals["outside"] == []
    assumed = {name for name, _, kind in arrivals["aliases"] if kind == "assumed"}
    known = {name for name, _, kind in arrivals["aliases"] if kind == "known"}
    assert {name.lower() for name in assumed} == {"badhan", "dhahar", "lasqoray"}
    assert {name.lower() for name in known} == {"baidoa", "kismayo"}


def test_only_the_flood_with_its_event_code_is_used(somalia) -> None:
    flood = entry(somalia, "hazard_areas")
    assert flood["accepted"] == 2
    assert any("477" in note for note in flood["notes"])


def test_every_extensive_total_is_conserved(somalia) -> None:
    rows = [r for r in somalia.manifest["reconciliation"] if r["spread"] == "extensive"]
    assert {r["measure"] for r in rows} >= {"population", "idps", "new_arrivals", "conflict_deaths"}
    for r in rows:
        outside = sum(part["value"] for part in r["outside"])
        assert r["cells_total"] + outside == pytest.approx(r["accepted_total"], rel=1e-9, abs=1e-9)


def test_a_short_record_of_events_is_told_as_insufficient_not_as_calm(somalia) -> None:
    """The events start in January 2022: the memory of conflict reaches back 90 days only at the end of March."""
    first = somalia.column("scores", "conflict", 0)
    assert np.isnan(first).all()
    assert somalia.manifest["people_by_class"]["2022-01"]["insufficient"] == 1
