"""Phases of food insecurity: from rows of phases to people in crisis or worse, where anybody looked.

An area whose phases are missing was not assessed. It is not in phase 1, and its people are not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.sources.columns import Floats, Mask

PHASES = ("1", "2", "3", "4", "5", "3+", "all")
"""Words for a phase: the five, those from the third on together, and everybody."""

_WORST, _TOGETHER, _ALL = slice(2, 5), 5, 6


@dataclass(frozen=True)
class Assessed:
    """What is known of some areas, shape (areas,) each.

    Args:
        people: In phase 3 or worse, NaN where unknown.
        share: Percent of those analysed, NaN where unknown.
        assessed: Whether there are phases at all.
    """

    people: Floats
    share: Floats
    assessed: Mask


def assessed(people: Floats, share: Floats) -> Assessed:
    """What phases say of areas.

    Args:
        people: In each of `PHASES`, NaN where not told, shape (areas, 7).
        share: Of those analysed as a fraction, likewise.
    """
    crisis = np.where(np.isnan(people[:, _TOGETHER]), people[:, _WORST].sum(axis=1), people[:, _TOGETHER])
    everybody = people[:, _ALL]
    # Phases that are all empty or all zero, beside people who were counted, were not looked at.
    known = people[:, :_ALL]
    told = np.nansum(known, axis=1) > 0
    told |= ~np.isnan(known).all(axis=1) & ~(everybody > 0)
    counted = percent_of(crisis, everybody)
    # Shares are told rounded; what people give is finer.
    percent = np.where(np.isnan(counted), 100 * share[:, _TOGETHER], counted)
    looked = told & ~np.isnan(crisis)
    return Assessed(np.where(looked, crisis, np.nan), np.where(looked, percent, np.nan), looked)


def percent_of(people: Floats, everybody: Floats) -> Floats:
    """Percent that people are of everybody; NaN where either is unknown, or it is less than one; shape as given."""
    share = np.divide(people, everybody, out=np.full(len(people), np.nan), where=everybody >= 1)
    percent: Floats = 100 * share
    return percent


def by_area(keys: pa.Array, phase: pa.Array, people: Floats, share: Floats) -> tuple[npt.NDArray[np.int64], Assessed]:
    """What rows of one phase each say of their areas.

    Args:
        keys: Text for the area and period of each row, shape (rows,).
        phase: One of `PHASES` each; a key has each at most once.
        people: In that phase.
        share: Of those analysed, as a fraction.

    Returns:
        The first row of each area, and what is known of it.
    """
    encoded = keys.dictionary_encode()
    area = encoded.indices.to_numpy().astype(np.int64)
    column = pc.index_in(phase, pa.array(PHASES)).to_numpy(zero_copy_only=False).astype(np.int64)
    tables = [np.full((len(encoded.dictionary), len(PHASES)), np.nan) for _ in range(2)]
    for table, values in zip(tables, (people, share), strict=True):
        table[area, column] = values
    first = np.full(len(encoded.dictionary), len(keys))
    np.minimum.at(first, area, np.arange(len(keys)))
    return first, assessed(*tables)
