"""TileJSON: absolute addresses that work and that name the snapshot."""

from __future__ import annotations

import pytest
import small_world


@pytest.mark.parametrize("layer", ["risk", "pressure", "homes", "crowding"])
def test_tilejson_leads_to_tiles_of_this_snapshot(client, address, snapshot, layer):
    told = client.get(f"/v1/snapshots/latest/tiles/{layer}/2024-01.json").json()
    (template,) = told["tiles"]

    assert told["tilejson"] == "3.0.0"
    assert template.startswith(f"{address}/v1/snapshots/{snapshot.id}/tiles/{layer}/2024-01/")
    assert told["vector_layers"][0]["id"] == layer
    assert "not where it happens" in told["attribution"]
    place = {"{z}": "0", "{x}": "0", "{y}": "0"}
    for mark, number in place.items():
        template = template.replace(mark, number)
    assert client.get(template).status_code == 200


def test_addresses_follow_the_host_that_was_asked(client):
    told = client.get("/v1/snapshots/latest/tiles/risk/2024-01.json", headers={"Host": "maps.example.org"}).json()

    assert told["tiles"][0].startswith("http://maps.example.org/v1/")


def test_bounds_hold_the_cells(client):
    west, south, east, north = client.get("/v1/snapshots/latest/tiles/risk/2024-01.json").json()["bounds"]

    assert west < small_world.LON.min() < small_world.LON.max() < east
    assert south < small_world.LAT.min() < small_world.LAT.max() < north


@pytest.mark.parametrize(("what", "status"), [("nothing/2024-01", 404), ("risk/1999-01", 404), ("risk/spring", 422)])
def test_no_such_tiles(client, what, status):
    assert client.get(f"/v1/snapshots/latest/tiles/{what}.json").status_code == status
