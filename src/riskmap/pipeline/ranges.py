"""Ranges: which part of a large raster at an address a case needs, and how it is cut out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import shapely

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.cuts import SQUARE, cut
from riskmap.model.case import Case
from riskmap.pipeline.areas import areas_of
from riskmap.pipeline.ingest import Place
from riskmap.store.remote import Ranged


@dataclass(frozen=True)
class OverCells:
    """Cuts out of a raster what cells lie over; a `riskmap.store.parts.Cutter`.

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


def over_cells(case: Case, place: Place) -> OverCells:
    """Cuts for the cells of a case.

    Args:
        case: What is built.
        place: Where its boundaries are.

    Raises:
        CaseError: Boundaries from the vault were not fetched.
        InputError: A file holds no administrative units, or cannot be read.
    """
    areas, _, _ = areas_of(case, place)
    return OverCells(
        grid_over(shapely.union_all([area.geometry for area in areas if area.level == 0]), case.resolution)
    )
