"""The area of a case: from files, or from the boundaries that were fetched."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import riskmap
from riskmap.errors import CaseError
from riskmap.model.case import parse_case
from riskmap.model.raw import Asked, Receipt
from riskmap.pipeline.areas import areas_of
from riskmap.pipeline.ingest import Place
from riskmap.store.vault import Vault

CASE = """
title = "Maravela"
resolution = 4
[area]
iso3 = "XMV"
[[area.boundaries]]
level = 1
vault = "geoboundaries"
[[area.boundaries]]
level = 2
path = "adm2.geojson"
[periods]
start = "2024-01"
end = "2024-01"
[[inputs]]
source = "acled"
path = "acled.csv"
"""


def kept(vault: Vault, content: bytes, level: str) -> None:
    with (
        vault.fetching("geoboundaries", Asked("XMV", date(2024, 1, 1), date(2024, 2, 1))) as (run, _),
        vault.aside() as aside,
    ):
        (aside / "payload").write_bytes(content)
        sha256, now = hashlib.sha256(content).hexdigest(), datetime.now(UTC)
        url, labels = f"https://www.geoboundaries.org/{level}", {"level": level}
        told = Receipt("geoboundaries", url, sha256, len(content), now, 200, "records", run.id, labels=labels)
        vault.keep(aside / "payload", told)


@pytest.fixture
def place(tmp_path: Path, sample_data: Path) -> Place:
    return Place(sample_data, Vault(tmp_path))


def test_the_newest_fetched_boundaries_of_a_level_that_can_be_read_are_taken(place: Place, sample_data: Path) -> None:
    regions = (sample_data / "adm1.geojson").read_bytes()
    kept(place.vault, regions, "1")
    kept(place.vault, (sample_data / "adm2.geojson").read_bytes(), "2")
    kept(place.vault, b'{"type": "FeatureCollection", "features": []}', "1")
    areas, outlines, _ = areas_of(parse_case(CASE, "case"), place)
    assert [sum(area.level == level for area in areas) for level in (0, 1, 2)] == [1, 5, 22]
    assert outlines[0].raw.sha256 == hashlib.sha256(regions).hexdigest()
    assert outlines[0].raw.url == "https://www.geoboundaries.org/1"


def test_boundaries_that_were_not_fetched_are_asked_for(place: Place) -> None:
    with pytest.raises(
        CaseError, match=r"level 1: nothing fetched from geoboundaries.*riskmap fetch geoboundaries --area XMV"
    ):
        areas_of(parse_case(CASE, "case"), place)


def test_fetched_boundaries_that_cannot_be_read_say_why(place: Place) -> None:
    kept(place.vault, b'{"type": "FeatureCollection", "features": []}', "1")
    with pytest.raises(CaseError, match="the list of records is empty"):
        areas_of(parse_case(CASE, "case"), place)


def test_a_boundary_comes_from_a_file_or_from_the_vault() -> None:
    both = CASE.replace('vault = "geoboundaries"', 'vault = "geoboundaries"\npath = "adm1.geojson"')
    with pytest.raises(CaseError, match="either path, the file, or vault"):
        parse_case(both, "case")


def test_boundaries_carry_their_terms_into_the_manifest_and_every_credit(
    place: Place, tmp_path: Path, sample_data: Path
) -> None:
    text = CASE.replace('vault = "geoboundaries"', 'path = "adm1.geojson"').replace(
        "level = 2", 'level = 2\nlicence = "ODbL-1.0"\nattribution = "Maravela mappers"'
    )
    (tmp_path / "case.toml").write_text(text)
    snapshot = riskmap.build(riskmap.load_case(tmp_path / "case.toml"), sample_data, tmp_path / "store")
    told = [entry["licence"] for entry in snapshot.manifest["boundaries"]]
    assert [(one["id"], one["attribution"]) for one in told][1] == ("ODbL-1.0", "Maravela mappers")
    assert told[0] == {"id": "unstated", "attribution": "", "url": "", "raw": False, "derived": True}
    assert "Maravela mappers" in snapshot.credits


def test_boundaries_of_nobody_say_so(place: Place, tmp_path: Path, sample_data: Path) -> None:
    kept(place.vault, (sample_data / "adm1.geojson").read_bytes(), "1")
    _, outlines, _ = areas_of(parse_case(CASE, "case"), place)
    assert outlines[0].licence.attribution.startswith("geoBoundaries")
