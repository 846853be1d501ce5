"""What every source promises, checked on one small valid file of each."""

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap.errors import InputError, UnknownSource
from riskmap.model.raw import Raw
from riskmap.sources.source import REGISTRY, Reading, Source, source

ROWS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "acled": ({}, {"event_id_cnty": "SOM2", "event_type": "Riots"}, {"event_id_cnty": "SOM3", "latitude": "x"}, {}),
    "ucdp": ({}, {"id": 2, "type_of_violence": 3, "best": 0, "low": 0}, {"id": 3, "where_prec": 9}, {"best": 6}),
    "prmn": ({}, {}, {"Reason": "Flood"}, {"Number of Individuals": "many"}),
    "dtm": ({}, {"roundNumber": 2, "reportingDate": "2020-05-31T00:00:00"}, {"numPresentIdpInd": None}, {}),
    "idmc": ({}, {"id": 2, "displacement_type": "Conflict", "event_id": 8}, {"id": 3, "figure": ""}, {}),
}
"""Source -> rows of its file, each as what differs from the valid row; one of them is bad, one repeats another."""

NASTY = (
    "",
    "NA",
    "null",
    "-1",
    "1e308",
    "1e999",
    "0",
    "99999999999999999999",
    "9999-12-31",
    "0001-01-01",
    "31/12/2022",
)
"""Cells that have broken readers before."""

Read = Callable[..., Reading]
Record = Mapping[str, Callable[..., dict[str, object]]]


def content(name: str, record: Record) -> list[dict[str, object]]:
    return [record[name]() | dict(changes) for changes in ROWS[name]]


@pytest.mark.parametrize("name", REGISTRY)
def test_a_module_bears_the_name_of_its_source(name: str) -> None:
    module, _, attribute = REGISTRY[name].partition(":")
    assert module == f"riskmap.sources.{name}"
    assert attribute.lower() == name.replace("_", "")


@pytest.mark.parametrize("name", ROWS)
def test_a_source_tells_what_it_is(name: str) -> None:
    made = source(name)
    assert isinstance(made, Source)
    assert made.name == name
    assert made.title
    assert made.licence.attribution
    assert re.fullmatch(r"https://\S+", made.licence.url)
    assert made == source(name)


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_accepted_or_quarantined(name: str, read: Read, record: Record) -> None:
    reading = read(name, content(name, record))
    assert reading.read == len(ROWS[name]) == reading.accepted + sum(reading.quarantined.values())
    assert reading.quarantined
    assert set(reading.examples) == set(reading.quarantined)
    assert all(0 < len(places) <= 5 for places in reading.examples.values())
    assert len(reading.layer)


@pytest.mark.parametrize("name", ROWS)
def test_records_bear_their_source_and_its_licence(name: str, read: Read, record: Record) -> None:
    table = read(name, content(name, record)).layer.table
    assert set(table["source"].to_pylist()) == {name}
    assert set(table["licence"].to_pylist()) == {source(name).licence.id}


@pytest.mark.parametrize("name", ROWS)
def test_reading_again_gives_the_same(name: str, read: Read, record: Record) -> None:
    first, second = (read(name, content(name, record)) for _ in range(2))
    assert first.layer.table.equals(second.layer.table)
    assert first == second


@pytest.mark.parametrize("name", ROWS)
def test_the_order_of_rows_does_not_matter(name: str, read: Read, record: Record) -> None:
    forwards = read(name, content(name, record))
    backwards = read(name, content(name, record)[::-1])
    assert forwards.layer.canonical().table.equals(backwards.layer.canonical().table)
    assert forwards.quarantined == backwards.quarantined


@pytest.mark.parametrize("name", ROWS)
def test_no_two_records_of_a_measure_share_an_id(name: str, read: Read, record: Record) -> None:
    layer = read(name, content(name, record)).layer
    assert len(layer.canonical()) == len(layer)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("[]", "the list of records is empty"),
        ("[{", "not valid JSON"),
        ("[1, 2]", "an object is needed"),
        ("a,b\n1,2\n", "no column"),
        ("a,b\n", "no rows below the header"),
        ("My title,,,\n,,,\nid,b,c,d\n1,2,3,4\n", "a title, not column names"),
        ("PK\x03\x04 cut short", "not a workbook"),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_name(name: str, text: str, told: str, read: Read) -> None:
    with pytest.raises(InputError, match=told) as refused:
        read(name, text)
    assert refused.value.path == "file"


@pytest.mark.parametrize("name", ROWS)
def test_an_option_of_the_wrong_type_is_refused(name: str, read: Read, record: Record) -> None:
    with pytest.raises(InputError, match="option date_format"):
        read(name, content(name, record), date_format=3)


@pytest.mark.parametrize("name", ROWS)
def test_a_source_reads_and_touches_nothing_else(name: str, tmp_path: Path, record: Record) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps(content(name, record)))
    before = path.read_bytes()
    source(name).read(Raw(path, "in.json", ""), {})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_the_cells_nothing_is_lost(
    name: str, read: Read, record: Record, data: st.DataObject
) -> None:
    """Any cell may hold anything: the file is refused, or every row is accepted or set aside."""
    rows = content(name, record)
    for _ in range(data.draw(st.integers(1, 4))):
        row = rows[data.draw(st.integers(0, len(rows) - 1))]
        field = data.draw(st.sampled_from(sorted(row)))
        row[field] = data.draw(st.sampled_from(NASTY) | st.text(st.characters(codec="utf-8"), max_size=12))
    with contextlib.suppress(InputError):
        reading = read(name, rows)
        assert reading.read == reading.accepted + sum(reading.quarantined.values())
        assert len(reading.layer.canonical()) == len(reading.layer)


def test_a_source_that_is_not_registered_is_refused_with_the_list() -> None:
    with pytest.raises(UnknownSource, match=r"known are acled, .*dtm"):
        source("oracle")
