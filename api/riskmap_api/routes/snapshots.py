"""What is published, what it was made of, and how the index is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from riskmap import Snapshot, area_outlines, legend
from riskmap_api.answers import json_answer
from riskmap_api.caching import REVALIDATED
from riskmap_api.deps import NamedSnapshot, OpenSnapshots
from riskmap_api.models import (
    NOTE,
    AreaOutlines,
    IndicatorTree,
    Legend,
    Manifest,
    RecipeName,
    SnapshotList,
    SnapshotSummary,
)
from riskmap_api.openapi import refusals

router = APIRouter(prefix="/v1", tags=["snapshots"])


@router.get("/snapshots", summary="Published snapshots, newest first")
def snapshots(opened: OpenSnapshots, response: Response) -> SnapshotList:
    """Id, case, periods, resolution and recipe of every published snapshot."""
    response.headers["Cache-Control"] = REVALIDATED
    found = [_summary(opened.get(identifier)) for identifier in opened.shelf.list()]
    return SnapshotList(note=NOTE, snapshots=found)


@router.get(
    "/snapshots/{snapshot}",
    summary="What one snapshot was made of",
    response_model=Manifest,
    responses=refusals(404),
)
def manifest(request: Request, snapshot: NamedSnapshot) -> Response:
    """The manifest: case, recipe, inputs with checksums and licences, and what was left out and why."""
    return json_answer(request, snapshot, lambda: {"manifest": snapshot.manifest})


@router.get(
    "/indicators",
    summary="The index as a tree, with weights, units, feeds and licences",
    response_model=IndicatorTree,
    responses=refusals(404),
)
def indicators(request: Request, snapshot: NamedSnapshot) -> Response:
    """Dimensions, components and indicators; which of them the snapshot's inputs feed, and under which terms."""
    return json_answer(request, snapshot, lambda: _tree(snapshot.manifest))


@router.get(
    "/areas",
    summary="Regions and districts as outlines",
    response_model=AreaOutlines,
    responses=refusals(404),
)
def areas(request: Request, snapshot: NamedSnapshot) -> Response:
    """GeoJSON outlines of the administrative units, made of whole cells; `level` 1 is a region, 2 a district."""
    return json_answer(request, snapshot, lambda: area_outlines(snapshot))


@router.get(
    "/legend",
    summary="How the map is drawn",
    response_model=Legend,
    responses=refusals(404),
)
def map_legend(request: Request, snapshot: NamedSnapshot) -> Response:
    """Class names, limits and colours, and the marks for partial and insufficient data."""
    return json_answer(request, snapshot, lambda: legend(snapshot))


def _summary(snapshot: Snapshot) -> SnapshotSummary:
    case, recipe = snapshot.manifest["case"], snapshot.manifest["recipe"]
    return SnapshotSummary(
        id=snapshot.id,
        case=case["name"],
        title=case["title"],
        synthetic=case["synthetic"],
        resolution=case["resolution"],
        periods=list(snapshot.periods),
        recipe=RecipeName(name=recipe["name"], version=recipe["version"]),
    )


def _tree(manifest: Mapping[str, Any]) -> dict[str, object]:
    """The recipe's flat lists as a tree, each feed with the licences of its source."""
    recipe = manifest["recipe"]
    licences = _licences(manifest)
    leaves = [
        {**one, "feeds": [{**feed, "licences": licences.get(_source(feed), [])} for feed in one["feeds"]]}
        for one in recipe["indicators"]
    ]
    components = [
        {**one, "indicators": [leaf for leaf in leaves if leaf["component"] == one["id"]]}
        for one in recipe["components"]
    ]
    return {
        "recipe": {name: value for name, value in recipe.items() if name not in _BRANCHES},
        "dimensions": [
            {**one, "components": [part for part in components if part["dimension"] == one["id"]]}
            for one in recipe["dimensions"]
        ],
        "sources": [{"source": source, "licences": terms} for source, terms in licences.items()],
    }


_BRANCHES = frozenset({"dimensions", "components", "indicators"})


def _licences(manifest: Mapping[str, Any]) -> dict[str, list[Mapping[str, object]]]:
    """Terms by source, each once: tables from several hands come under several."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for entry in manifest["inputs"]:
        terms = found.setdefault(entry["source"], [])
        if entry["licence"] not in terms:
            terms.append(entry["licence"])
    return found


def _source(feed: Mapping[str, str]) -> str:
    return feed["measure"].partition(":")[0]
