"""The API document: every route with examples, its refusals, and shapes that the answers keep."""

from __future__ import annotations

import pytest
import small_world

from riskmap_api import models

CELL = small_world.CELLS[0]
ANSWERS = {
    "/health": ("/health", models.Health),
    "/v1/snapshots": ("/v1/snapshots", models.SnapshotList),
    "/v1/snapshots/{snapshot}": ("/v1/snapshots/latest", models.Manifest),
    "/v1/indicators": ("/v1/indicators", models.IndicatorTree),
    "/v1/areas": ("/v1/areas", models.AreaOutlines),
    "/v1/legend": ("/v1/legend", models.Legend),
    "/v1/scores": (f"/v1/scores?cells={CELL}", models.Columns),
    "/v1/cells/{cell}": (f"/v1/cells/{CELL}", models.CellDetail),
    "/v1/snapshots/{snapshot}/tiles/{layer}/{period}.json": (
        "/v1/snapshots/latest/tiles/risk/2024-01.json",
        models.TileJson,
    ),
}
TILE = "/v1/snapshots/{snapshot}/tiles/{layer}/{period}/{z}/{x}/{y}.mvt"


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


def test_every_route_is_described(document):
    assert set(document["paths"]) == {*ANSWERS, TILE}
    assert "not where it happens" in document["info"]["description"]


@pytest.mark.parametrize("route", ANSWERS)
def test_answers_keep_the_documented_shape(client, route):
    path, model = ANSWERS[route]

    assert model.model_validate(client.get(path).json()).model_fields_set


@pytest.mark.parametrize("route", [*ANSWERS, TILE])
def test_every_route_shows_an_example(document, route):
    operation = document["paths"][route]["get"]
    content = operation["responses"]["200"]["content"]
    shape = next(iter(content.values()))["schema"].get("$ref", "").rpartition("/")[2]

    shown = document["components"]["schemas"].get(shape, {})
    assert "example" in str(shown) or "example" in str(operation["parameters"])


@pytest.mark.parametrize("route", [route for route in [*ANSWERS, TILE] if route.startswith("/v1/") and "{" in route])
def test_refusals_are_documented_as_problems(document, route):
    refusal = document["paths"][route]["get"]["responses"]["404"]["content"]

    assert refusal["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_a_refusal_keeps_the_documented_shape(client):
    told = models.Problem.model_validate(client.get("/v1/cells/86754e64fffffff").json())
    assert told.status == 404


def test_no_page_of_the_service_loads_scripts_from_elsewhere(client):
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404
