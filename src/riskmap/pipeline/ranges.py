"""Ranges: which part of a large raster at an address a case needs, and how it is cut out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

import shapely

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.cuts import SQUARE, cut
from riskmap.model.case import Case, CaseInput
from riskmap.pipeline.areas import areas_of
from riskmap.pipeline.ingest import Place
from riskmap.store.parts import Cutting
from riskmap.store.remote import Ranged
from riskmap.store.vault import Vault

SUMMED = frozenset({"age_sex", "ghs_pop", "rasters", "worldpop"})
"""Sources of rasters that the grid itself sums or averages, so that nothing beyond its cells matters."""


@dataclass(frozen=True)
class OverCells:
    """Cuts out of a raster what cells lie over, as `riskmap.store.parts.Cutter`.

    Args:
        grid: The cells.
    """

    grid: Grid

    @property
    def key(self) -> str:
        """Hash of the cells, and of how squares are laid out."""
        return hashlib.sha256(self.grid.cells.tobytes() + f"squares of {SQUARE}".encode()).hexdigest()[:16]

    def cut(self, file: Ranged, name: str, target: Path) -> str | None:
        """Writes the squares of a raster that cells lie over; None where it can only be taken whole.

        Raises:
            StoreError: The file cannot be read.
        """
        found = cut(file.handle, PurePosixPath(name).name, self.grid, target)
        if file.failure is not None:
            raise file.failure
        if found is None:
            return None
        return (
            f"read by range: {found.squares:,} of {found.of:,} squares of {SQUARE} x {SQUARE} pixels, those that cells"
            " of the area may lie over; totals of the file are told of these alone"
        )


def cutting(case: Case, vault: Vault, as_of: date | None = None) -> Cutting:
    """Which rasters of a case need not be read whole, and what cuts them once its boundaries are known.

    Args:
        case: What is built.
        vault: What was fetched, boundaries perhaps among it.
        as_of: The day on which the build stands, if it is another than today.
    """

    def cutter_in(folder: Path) -> OverCells:
        areas, _, _ = areas_of(case, Place(folder, vault, as_of))
        country = shapely.union_all([area.geometry for area in areas if area.level == 0])
        return OverCells(grid_over(country, case.resolution))

    whole = {one.path for one in case.inputs if not _is_summed(one)}
    return Cutting(frozenset(one.path for one in case.inputs if one.path not in whole), cutter_in)


def _is_summed(given: CaseInput) -> bool:
    """Whether the grid itself takes the pixels; a hazard is felt beyond its cells."""
    return given.source in SUMMED and given.options.get("kind") != "hazard"
