"""Tiles over HTTP: right bytes, compressed once, cached by version, refused in the right words."""

from __future__ import annotations

import gzip
import math

import h3
import mapbox_vector_tile
import morecantile
import pytest
import small_world
from starlette.datastructures import Headers

from riskmap import make_tile
from riskmap_api.front import TileQuestion, accepts_gzip, question_of

MERCATOR = morecantile.tms.get("WebMercatorQuad")
HOME = MERCATOR.tile(small_world.CENTRE[1], small_world.CENTRE[0], 7)
HERE = f"7/{HOME.x}/{HOME.y}"


def path(snapshot: str = "latest", layer: str = "risk", period: str = "2024-01", place: str = HERE) -> str:
    return f"/v1/snapshots/{snapshot}/tiles/{layer}/{period}/{place}.mvt"


def test_a_path_tells_snapshot_layer_period_and_place():
    assert question_of(path(place="7/80/63")) == TileQuestion("latest", "risk", "2024-01", 7, 80, 63)


@pytest.mark.parametrize(
    "other", ["/", "/v1/snapshots/latest", path(place="7/80"), path(place="7/a/63"), path(place="7/-1/63"), path()[:-4]]
)
def test_other_paths_are_left_to_the_application(other):
    assert question_of(other) is None


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip; q=0", False),
        ("gzip;q=0.0", False),
        ("br", False),
        ("", False),
    ],
)
def test_gzip_is_used_only_where_the_client_allows_it(said, allowed):
    assert accepts_gzip(Headers({"accept-encoding": said})) is allowed


def test_a_tile_holds_the_cells_and_scores_of_its_period(client):
    answer = client.get(path(period="2024-02"), headers={"Accept-Encoding": "identity"})
    features = mapbox_vector_tile.decode(answer.content)["risk"]["features"]

    found = {one["properties"]["cell"]: one["properties"].get("score") for one in features}
    scores = small_world.scores_of(1)
    inside = [MERCATOR.tile(lon, lat, 7) == HOME for lat, lon in map(h3.cell_to_latlng, small_world.CELLS)]
    for cell, score, shown in zip(small_world.CELLS, scores, inside, strict=True):
        if shown:
            assert found[cell] == (None if math.isnan(score) else pytest.approx(score, abs=0.005))


def test_gzip_is_applied_exactly_once(client, snapshot):
    packed = client.get(path(), headers={"Accept-Encoding": "gzip"})
    plain = client.get(path(), headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == make_tile(snapshot, "risk", "2024-01", 7, HOME.x, HOME.y).data
    assert packed.content[:2] != gzip.compress(b"")[:2]
    assert packed.headers["etag"] != plain.headers["etag"]
    assert plain.headers["vary"] == "Accept-Encoding"
    assert plain.headers["content-type"] == "application/vnd.mapbox-vector-tile"


def test_a_client_that_holds_the_tile_gets_304(client):
    etag = client.get(path()).headers["etag"]
    again = client.get(path(), headers={"If-None-Match": etag})

    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == etag


def test_the_tile_of_a_snapshot_by_id_never_changes_and_the_latest_may(client, snapshot):
    assert "immutable" in client.get(path(snapshot.id)).headers["cache-control"]
    assert "max-age=30" in client.get(path()).headers["cache-control"]


def test_each_tile_names_its_snapshot_and_says_that_it_is_synthetic(client, snapshot):
    told = client.get(path()).headers

    assert told["riskmap-snapshot"] == snapshot.id
    assert told["riskmap-synthetic"] == "true"
    assert "not where it happens" in told["riskmap-note"]


def test_a_tile_without_cells_is_204(client):
    answer = client.get(path(place="7/0/0"))

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "wrong",
    [
        path(layer="nothing"),
        path(period="1999-01"),
        path(snapshot="0000000000000000"),
        path(snapshot="..%2F..%2Fetc"),
        path(place="13/0/0"),
        path(place="3/8/0"),
        path(place="7/a/0"),
    ],
)
def test_what_is_not_there_is_a_404_problem_that_no_cache_keeps(client, wrong):
    answer = client.get(wrong)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


def test_head_tells_the_same_without_the_bytes(client):
    head = client.head(path())

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == client.get(path()).headers["etag"]


def test_tiles_are_read_only(client):
    answer = client.post(path())

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
