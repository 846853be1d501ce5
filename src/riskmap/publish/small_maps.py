"""Small maps: many cells on a coarse raster, as SVG small enough that a page can hold several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from riskmap.publish.outlines import Ints, Rings
from riskmap.publish.page import Markup, element
from riskmap.publish.tracks import hatching

PIXELS = 120
"""Pixels along the longer side of a small map."""

_HATCH = "lost"


def raster_of(rings: Rings, pixels: int = PIXELS) -> Ints:
    """The cells on a raster of square pixels in web mercator: each shows the cell whose centre is nearest to its own.

    Args:
        rings: Outlines of the cells, one or more.
        pixels: Pixels along the longer side.

    Returns:
        Row of the cell in each pixel, shape (down, across), north first; -1 where no cell reaches. Where cells are
        smaller than pixels, some are in none.
    """
    used = np.arange(rings.x.shape[1]) < rings.vertices[:, None]
    corners = np.stack([rings.x, rings.y], axis=-1).astype(np.float64)
    centres = np.mean(corners, axis=1, where=used[:, :, None])
    reach = np.max(np.linalg.norm(corners - centres[:, None], axis=-1), axis=1, where=used, initial=0.0)
    first, last = corners[used].min(axis=0), corners[used].max(axis=0)
    side = float((last - first).max()) / pixels
    across, down = np.maximum(np.ceil((last - first) / side - 1e-9), 1).astype(int).tolist()
    places = np.stack(np.meshgrid(np.arange(across) + 0.5, np.arange(down) + 0.5), axis=-1) * side + first
    far, nearest = cKDTree(centres).query(places)
    return np.asarray(np.where(far <= np.maximum(reach[nearest], side / 2), nearest, -1), dtype=np.int64)


def small_map(raster: Ints, codes: npt.NDArray[np.int64], colours: Sequence[str | None], label: str) -> Markup:
    """A raster of cells in colours; pixels of one colour that lie side by side are drawn as one.

    Args:
        raster: As `raster_of` tells it.
        codes: Position of each cell's colour, shape (cells,).
        colours: Of the codes; None is hatched.
        label: What it shows, for those who do not see it.
    """
    down, across = raster.shape
    shown = np.where(raster >= 0, codes[np.maximum(raster, 0)], -1)
    strokes = [f"url(#{_HATCH})" if colour is None else colour for colour in colours]
    runs = [(stroke, _runs(shown == code)) for code, stroke in enumerate(strokes)]
    paths = (element("path", d=path, stroke=stroke) for stroke, path in runs if path)
    # A little wider than a row, so that no seam is seen between two.
    drawn = element("g", *paths, fill="none", stroke_width="1.06")
    return element(
        "svg", hatching(_HATCH, 3), drawn, viewBox=f"0 0 {across} {down}", class_="map", role="img", aria_label=label
    )


def _runs(here: npt.NDArray[np.bool_]) -> str:
    """Lines along the pixels that are meant, row by row, each told from where the last one ended."""
    edges = np.diff(here.astype(np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    found: list[str] = []
    x, y = 0, 0
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        found.append(f"m{start - x} {row - y}h{end - start}" if found else f"M{start} {row}.5h{end - start}")
        x, y = end, row
    return "".join(found)
