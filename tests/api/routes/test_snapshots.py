"""What is published and what it was made of."""

from __future__ import annotations

import pytest
import small_world


def test_published_snapshots_are_listed(client, snapshot):
    (told,) = client.get("/v1/snapshots").json()["snapshots"]

    assert told == {
        "id": snapshot.id,
        "case": "small",
        "title": "Small world, 2024",
        "synthetic": True,
        "resolution": 6,
        "periods": list(small_world.PERIODS),
        "recipe": {"name": "small", "version": "0.1"},
    }


@pytest.mark.parametrize("name", ["latest", "id"])
def test_the_manifest_tells_case_recipe_and_inputs(client, snapshot, name):
    told = client.get(f"/v1/snapshots/{snapshot.id if name == 'id' else name}").json()

    assert told["snapshot"] == snapshot.id
    assert told["manifest"]["case"]["title"] == "Small world, 2024"
    assert [one["source"] for one in told["manifest"]["inputs"]] == ["acled", "tables", "tables"]


def test_the_index_is_a_tree_with_feeds_and_their_terms(client, snapshot):
    told = client.get("/v1/indicators").json()

    assert told["snapshot"] == snapshot.id
    assert told["recipe"]["name"] == "small"
    assert [one["label"] for one in told["dimensions"]] == ["Pressure", "Shelter"]
    (homes,) = told["dimensions"][1]["components"]
    crowding, rents = homes["indicators"]
    assert (crowding["fed"], rents["fed"]) == (True, False)
    assert crowding["unit"] == "people a room"
    assert crowding["feeds"][0]["proxy"] == "beds in place of rooms"
    assert [one["id"] for one in crowding["feeds"][0]["licences"]] == ["CC-BY-4.0"]
    assert [one["source"] for one in told["sources"]] == ["acled", "tables"]


def test_areas_are_outlines_with_names(client, snapshot):
    told = client.get("/v1/areas").json()

    assert (told["snapshot"], told["type"]) == (snapshot.id, "FeatureCollection")
    assert [(one["properties"]["level"], one["properties"]["name"]) for one in told["features"]] == [
        (1, "Westland"),
        (2, "Old Town"),
    ]


def test_the_legend_marks_what_is_not_known(client, snapshot):
    told = client.get("/v1/legend").json()

    assert told["snapshot"] == snapshot.id
    assert [one["name"] for one in told["classes"]] == [name for name, _ in small_world.CLASSES]
    assert "insufficient" in str(told)


@pytest.mark.parametrize(("name", "status"), [("0000000000000000", 404), ("nonsense", 422), ("LATEST", 422)])
def test_no_such_snapshot(client, name, status):
    assert client.get(f"/v1/snapshots/{name}").status_code == status


def test_nothing_published_is_an_empty_list_and_no_latest(empty_client):
    assert empty_client.get("/v1/snapshots").json()["snapshots"] == []
    assert empty_client.get("/v1/snapshots/latest").status_code == 404
