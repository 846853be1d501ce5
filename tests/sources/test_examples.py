"""The contract of every registered source, on one small file of each in its provider's own shape."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest
from example import Example

from riskmap.model.layer import SCHEMA, Layer
from riskmap.model.raw import Raw
from riskmap.sources.sight import look
from riskmap.sources.source import REGISTRY, Provider, Reading, Source, source

FOLDER = Path(__file__).parent / "examples"
LATE = datetime(2026, 11, 1, tzinfo=UTC)

Make = Callable[[str | bytes, str], Raw]


def example_of(name: str) -> Example:
    path = FOLDER / f"{name}.py"
    assert path.is_file(), f"source {name} has no example: write {path.relative_to(FOLDER.parents[2])}"
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Example = module.EXAMPLE
    return found


def labelled(raw: Raw, example: Example, retrieved: datetime | None = None) -> Raw:
    return Raw(raw.path, raw.name, raw.sha256, raw.bytes, retrieved, "", example.labels)


@pytest.fixture(params=sorted(REGISTRY))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def example(name: str) -> Example:
    return example_of(name)


@pytest.fixture
def read_example(name: str, example: Example, raw: Make) -> Callable[..., Reading]:
    def reading(content: bytes = example.content, retrieved: datetime | None = None) -> Reading:
        return source(name).read(labelled(raw(content, example.name), example, retrieved), example.options)

    return reading


def total(layer: Layer, measure: str) -> float:
    return float(pc.sum(layer.standing().of(measure).table["value"]).as_py() or 0)


def test_a_source_tells_what_it_is_and_under_which_terms(name: str) -> None:
    made = source(name)
    assert isinstance(made, Source)
    assert made.name == name
    assert made.title
    assert made == source(name)
    assert made.licence.id
    open_to_the_case = made.licence.id == "unstated"
    assert open_to_the_case or made.licence.attribution
    assert open_to_the_case or made.licence.url.startswith("https://")
    if made.access.way == "file":
        assert not made.access.endpoints
    else:
        assert isinstance(made, Provider)
        assert all(url.startswith("https://") for url in made.access.endpoints.values())
        assert made.access.endpoints
        assert bool(made.access.credentials) == (made.access.way in {"key", "account"})
        assert not made.access.credentials or made.access.home.startswith("https://")


def test_its_file_is_recognised_by_it_first(name: str, example: Example, raw: Make) -> None:
    sight = look(raw(example.content, example.name))
    claiming = [one for one in REGISTRY if source(one).recognises(sight)]
    assert name in claiming
    particular = [one for one in claiming if source(one).licence.id != "unstated"]
    assert particular in ([], [name])


def test_every_row_is_accepted_or_quarantined_by_reason(example: Example, read_example) -> None:
    reading = read_example()
    assert (reading.read, dict(reading.quarantined)) == (example.read, dict(example.quarantined))
    assert reading.read == reading.accepted + sum(reading.quarantined.values())
    assert set(reading.examples) == set(reading.quarantined)


def test_totals_are_those_counted_by_hand(example: Example, read_example) -> None:
    layer = read_example().layer
    assert layer.table.schema.equals(SCHEMA)
    measures = set(layer.table["measure"].to_pylist())
    assert {measure: pytest.approx(total(layer, measure), rel=1e-12) for measure in measures} == dict(example.totals)


def test_records_bear_their_source_and_its_licence(name: str, example: Example, read_example) -> None:
    table = read_example().layer.table
    # A source of places, such as boundaries, has no records.
    assert set(table["source"].to_pylist()) == ({name} if example.totals else set())
    licence = str(example.options.get("licence", source(name).licence.id))
    assert set(table["licence"].to_pylist()) == ({licence} if example.totals else set())


def test_reading_twice_gives_the_same_and_counts_nothing_twice(example: Example, read_example) -> None:
    first, second = read_example(), read_example()
    assert first == second
    both = Layer.concat([first.layer, second.layer])
    for measure in example.totals:
        assert total(both, measure) == pytest.approx(total(first.layer, measure), rel=1e-12)


def test_the_order_of_rows_does_not_matter(example: Example, read_example) -> None:
    if example.shuffled is None:
        assert example.content
        return
    assert example.shuffled != example.content
    forwards, backwards = read_example(), read_example(example.shuffled)
    assert forwards.layer.canonical().table.equals(backwards.layer.canonical().table)
    assert forwards.quarantined == backwards.quarantined


def test_what_came_later_was_not_known_before(example: Example, read_example) -> None:
    layer = read_example(retrieved=LATE).layer
    assert len(layer.known_by(LATE - timedelta(days=1))) == 0
    assert layer.known_by(LATE + timedelta(days=1)).table.equals(layer.table) or len(layer.known_by(LATE)) < len(layer)


def test_reading_opens_no_socket_and_writes_nothing(
    example: Example, read_example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_example()
    before = sorted(path.name for path in tmp_path.iterdir())

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a reader opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    read_example()
    assert sorted(path.name for path in tmp_path.iterdir()) == before
