"""riskmap: where conditions favour trafficking, on H3 cells, with reasons and limits.

Every name below is loaded on first use, so that `import riskmap` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskmap.errors import RiskmapError
    from riskmap.grid.cells import Grid
    from riskmap.model.area import Area
    from riskmap.model.case import Case
    from riskmap.model.cube import Cube
    from riskmap.model.kernel import Kernel
    from riskmap.model.layer import Layer
    from riskmap.model.licence import Licence
    from riskmap.model.period import Period
    from riskmap.model.score import Score
    from riskmap.pipeline.build import build, load_case
    from riskmap.publish.areas import area_outlines
    from riskmap.publish.columns import cell_detail, legend, query_scores
    from riskmap.publish.explain import explain
    from riskmap.publish.export import export_snapshot
    from riskmap.publish.tile import Tile, make_tile, tilejson
    from riskmap.score.index import score_cube
    from riskmap.score.recipe import Recipe, load_recipe
    from riskmap.settings import Settings
    from riskmap.sources.source import Reading, Source, source
    from riskmap.store.shelf import Shelf
    from riskmap.store.snapshot import Snapshot

__all__ = [
    "Area",
    "Case",
    "Cube",
    "Grid",
    "Kernel",
    "Layer",
    "Licence",
    "Period",
    "Reading",
    "Recipe",
    "RiskmapError",
    "Score",
    "Settings",
    "Shelf",
    "Snapshot",
    "Source",
    "Tile",
    "area_outlines",
    "build",
    "cell_detail",
    "explain",
    "export_snapshot",
    "legend",
    "load_case",
    "load_recipe",
    "make_tile",
    "query_scores",
    "score_cube",
    "source",
    "tilejson",
]

_HOMES = {
    "errors": ("RiskmapError",),
    "grid.cells": ("Grid",),
    "model.area": ("Area",),
    "model.case": ("Case",),
    "model.cube": ("Cube",),
    "model.kernel": ("Kernel",),
    "model.layer": ("Layer",),
    "model.licence": ("Licence",),
    "model.period": ("Period",),
    "model.score": ("Score",),
    "pipeline.build": ("build", "load_case"),
    "publish.areas": ("area_outlines",),
    "publish.columns": ("cell_detail", "legend", "query_scores"),
    "publish.explain": ("explain",),
    "publish.export": ("export_snapshot",),
    "publish.tile": ("Tile", "make_tile", "tilejson"),
    "score.index": ("score_cube",),
    "score.recipe": ("Recipe", "load_recipe"),
    "settings": ("Settings",),
    "sources.source": ("Reading", "Source", "source"),
    "store.shelf": ("Shelf",),
    "store.snapshot": ("Snapshot",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"riskmap.{home}"), name)
    raise AttributeError(f"module 'riskmap' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
