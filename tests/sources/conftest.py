"""Small hand-made files in the providers' own formats, and a way to read them."""

import csv
import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from faking import Answer, Fake, Question, serving

from riskmap.model.layer import Layer
from riskmap.model.raw import Asked, Raw
from riskmap.pipeline.fetch import Fetched, fetch
from riskmap.settings import Settings
from riskmap.sources.source import Reading, source
from riskmap.store.vault import Vault

Rows = Sequence[Mapping[str, object]]
Record = Callable[..., dict[str, object]]


def as_csv(rows: Rows) -> str:
    """Rows as a CSV with the columns in the order first met."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_dtm_reply(rows: Rows) -> str:
    return json.dumps({"result": rows, "statusCode": 200, "isSuccess": True, "errorMessages": None})


def acled_event(**changes: object) -> dict[str, object]:
    event = {
        "event_id_cnty": "SOM1",
        "event_date": "2022-03-14",
        "time_precision": 1,
        "disorder_type": "Political violence",
        "event_type": "Battles",
        "sub_event_type": "Armed clash",
        "actor1": "A",
        "actor2": "B",
        "civilian_targeting": "",
        "country": "Somalia",
        "admin1": "Bay",
        "location": "Baidoa",
        "latitude": 3.1138,
        "longitude": 43.6498,
        "geo_precision": 1,
        "fatalities": 3,
        "timestamp": 1704766941,
    }
    return event | changes


def ucdp_event(**changes: object) -> dict[str, object]:
    event = {
        "id": 1001,
        "code_status": "Clear",
        "type_of_violence": 1,
        "where_prec": 1,
        "latitude": 11.8464,
        "longitude": 13.1603,
        "date_prec": 1,
        "date_start": "2009-06-09 00:00:00.000",
        "date_end": "2009-06-10 00:00:00.000",
        "best": 5,
        "high": 14,
        "low": 2,
    }
    return event | changes


def prmn_row(**changes: object) -> dict[str, object]:
    row = {
        "Month End": "31/01/2022",
        "Year Week": 202203,
        "Current (Arrival) Region": "Bay",
        "Current (Arrival) District": "Baydhaba",
        "Reason": "Drought related",
        "Number of Individuals": 6,
    }
    return row | changes


def dtm_row(**changes: object) -> dict[str, object]:
    row = {
        "operation": "Countrywide",
        "admin0Pcode": "TCD",
        "admin1Pcode": "TD07",
        "numPresentIdpInd": 100,
        "reportingDate": "2020-02-29T00:00:00",
        "roundNumber": 1,
        "displacementReason": "Conflict",
        "assessmentType": "BA",
    }
    return row | changes


def idmc_figure(**changes: object) -> dict[str, object]:
    figure = {
        "id": 1,
        "iso3": "IND",
        "latitude": 10.0,
        "longitude": 76.0,
        "centroid": "[10.0, 76.0]",
        "role": "Recommended figure",
        "displacement_type": "Disaster",
        "qualifier": "total",
        "figure": 90,
        "displacement_start_date": "2023-11-06T11:00:00.000Z",
        "displacement_end_date": "2023-11-07T11:00:00.000Z",
        "event_id": 7,
        "standard_popup_text": "<b>90 displacements</b>",
        "locations_coordinates": "10.0, 76.0",
        "locations_accuracy": "Point",
        "created_at": "2023-11-08T19:37:23.870Z",
    }
    return figure | changes


@pytest.fixture
def record() -> Mapping[str, Record]:
    """Source -> a valid row in its provider's format; changes are given by name, odd names as a mapping."""
    return {"acled": acled_event, "ucdp": ucdp_event, "prmn": prmn_row, "dtm": dtm_row, "idmc": idmc_figure}


@pytest.fixture
def raw(tmp_path: Path) -> Callable[[str | bytes, str], Raw]:
    """A payload on disk from its content."""

    def make(content: str | bytes, name: str = "file.csv") -> Raw:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return Raw(tmp_path / name, name, hashlib.sha256(data).hexdigest(), len(data))

    return make


@pytest.fixture
def read(raw: Callable[[str | bytes, str], Raw]) -> Callable[..., Reading]:
    """What a source makes of rows, or of the content of a file."""

    def reading(name: str, content: Rows | str | bytes, **options: object) -> Reading:
        if not isinstance(content, str | bytes):
            content = as_dtm_reply(content) if name == "dtm" else as_csv(content)
        return source(name).read(raw(content, "file"), options)

    return reading


@pytest.fixture
def read_real(real_data: Path) -> Callable[..., Reading]:
    """What a source makes of a real file."""

    def reading(name: str, path: str, **options: object) -> Reading:
        return source(name).read(Raw(real_data / path, path, ""), options)

    return reading


@pytest.fixture
def total() -> Callable[[Layer, str], float]:
    """Sum of one measure of a layer."""
    return lambda layer, measure: float(pc.sum(layer.of(measure).table["value"]).as_py() or 0)


@pytest.fixture
def provider() -> Iterator[Callable[[Callable[[Question], Answer | str | bytes | None]], Fake]]:
    """A real server on loopback whose answers a function gives."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


@pytest.fixture
def ask(vault: Vault) -> Callable[..., Fetched]:
    """Fetches a source from a server on loopback into the vault, without waiting."""

    def asking(
        name: str,
        url: str,
        area: str = "SDN",
        span: tuple[date, date] = (date(2024, 1, 1), date(2024, 2, 1)),
        options: Mapping[str, str] | None = None,
        **credentials: str,
    ) -> Fetched:
        endpoints = {f"{name}_{part}": url for part in source(name).access.endpoints}
        settings = Settings(vault=vault.folder, endpoints=endpoints, credentials=credentials)
        return fetch(name, Asked(area, *span, options or {}), settings, sleep=lambda _seconds: None)

    return asking


@pytest.fixture
def read_vault(vault: Vault) -> Callable[..., list[Reading]]:
    """What a source makes of each different payload of records in the vault, in the order in which they came."""

    def reading(name: str, **options: object) -> list[Reading]:
        receipts = {one.sha256: one for one in reversed(vault.receipts(name)) if one.role == "records"}
        return [source(name).read(vault.raw(one), options) for one in reversed(receipts.values())]

    return reading
