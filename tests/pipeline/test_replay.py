"""Reading the vault again: what gives something else than before is told, whatever mended or broke the reader."""

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from riskmap.errors import CaseError
from riskmap.model.raw import Asked, Receipt
from riskmap.pipeline.fetched import fetched
from riskmap.pipeline.options import parsed_options
from riskmap.pipeline.replay import kept_summary, replay
from riskmap.pipeline.source_report import replay_report, source_report
from riskmap.settings import Settings
from riskmap.store.vault import Vault

HEADER = "id,code_status,type_of_violence,where_prec,latitude,longitude,date_prec,date_start,date_end,best,high,low\n"
EVENT = "1,Clear,1,1,9.5,30.5,1,2025-01-01,2025-01-09,3,4,2\n"


def keep(vault: Vault, content: str, role: str = "records", **labels: str) -> str:
    """A payload of UCDP in the vault."""
    data = content.encode()
    with vault.fetching("ucdp", Asked("SDN", date(2025, 1, 1), date(2025, 2, 1))) as (run, _), vault.aside() as folder:
        (folder / "payload").write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        now = datetime.now(UTC)
        vault.keep(
            folder / "payload",
            Receipt("ucdp", "https://x.org/p", sha256, len(data), now, 200, role, run.id, labels=labels),
        )
    return sha256


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path)


def test_each_payload_is_read_once_whatever_the_number_of_its_receipts(vault: Vault) -> None:
    sha256 = keep(vault, HEADER + EVENT)
    keep(vault, HEADER + EVENT)
    keep(vault, "leads to others", "index")
    (found,) = replay("ucdp", vault)
    assert (found.receipt.sha256, found.before, found.changed) == (sha256, None, False)
    assert found.now.measures["conflict_deaths"].total == 3
    assert kept_summary(vault, "ucdp", found.receipt) == found.now
    (again,) = replay("ucdp", vault)
    assert (again.before, again.changed) == (found.now, False)
    assert list(replay("ucdp", vault, unread_only=True)) == []


def test_the_same_bytes_under_other_labels_are_another_payload(vault: Vault) -> None:
    keep(vault, HEADER + EVENT, version="25.0.1")
    keep(vault, HEADER + EVENT, version="25.0.2")
    assert [one.receipt.labels["version"] for one in replay("ucdp", vault)] == ["25.0.1", "25.0.2"]
    assert [one.raw.labels["version"] for one in fetched("ucdp", "SDN", vault)] == ["25.0.1", "25.0.2"]


def test_a_mended_reader_tells_history_anew(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(vault, HEADER + EVENT)
    with monkeypatch.context() as broken:
        broken.setattr("riskmap.sources.ucdp._ONE_SIDED", 1)
        (before,) = replay("ucdp", vault)
    (found,) = replay("ucdp", vault)
    assert found.changed
    assert set(before.now.measures) - set(found.now.measures) == {"civilian_targeting_events"}
    report = replay_report([("ucdp", found)], as_json=False)
    assert "1 payloads read again: 1 give something else than before, 0 refused" in report
    assert json.loads(replay_report([("ucdp", found)], as_json=True))[0]["changed"] is True


def test_a_payload_that_is_refused_says_why(vault: Vault) -> None:
    keep(vault, "nothing of the kind\n1\n")
    (found,) = replay("ucdp", vault)
    assert found.now is None
    assert "no column" in found.refusal
    assert "1 refused" in replay_report([("ucdp", found)], as_json=False)


def test_the_list_of_sources_tells_keys_terms_and_the_age_of_what_was_fetched(vault: Vault) -> None:
    keep(vault, HEADER + EVENT)
    list(replay("ucdp", vault))
    settings = Settings(vault=vault.folder, credentials={})
    told = {row["name"]: row for row in json.loads(source_report(settings, as_json=True))}
    assert told["ucdp"]["newest"] == "2025-01-01"
    assert told["ucdp"]["age_days"] == (datetime.now(UTC).date() - date(2025, 1, 1)).days
    assert (told["acled"]["raw"], told["tables"]["any_file"]) == (False, True)
    text = source_report(settings, as_json=False)
    assert "2025-01-01" in text
    assert "the case says" in text


def test_options_are_told_as_in_a_case_file() -> None:
    told = parsed_options(["level=2", "operation=Overview of all", 'where={ Phase = "3" }', "scenario=true"])
    assert told == {"level": 2, "operation": "Overview of all", "where": {"Phase": "3"}, "scenario": True}
    with pytest.raises(CaseError, match="'level' is no NAME=VALUE"):
        parsed_options(["level"])
