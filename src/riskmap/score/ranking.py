"""Ranking: how sure the place of each unit among all others is, and which of them cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskmap.grid.abreast import in_slices
from riskmap.model.cube import Floats
from riskmap.score.uncertainty import ends

_DRAWS = 8
_HAIR = 1e-9


@dataclass(frozen=True)
class Ranking:
    """Places of units, 1 the worst; arrays of shape (units,).

    Args:
        low: Place that a unit is above in one draw in twenty, rounded up the ranking; NaN where it has no score.
        high: Place that it is below in one draw in twenty, rounded down the ranking; NaN where it has no score.
        top: Share of the draws in which it is among the worst asked for; NaN where it has no score.
        group: Units of one group have places that all overlap, so that intervals cannot tell any two of them apart; 0
            the worst, -1 where there is no score. Units of different groups may overlap too.
    """

    low: Floats
    high: Floats
    top: Floats
    group: npt.NDArray[np.int64]


def ranking(draws: npt.NDArray[np.floating], worst: int) -> Ranking:
    """Places of units over all draws; in each, equal ones share the smallest of their places.

    Args:
        draws: Scores, shape (draws, units); NaN where there is no score, in all draws alike.
        worst: How many of the worst `Ranking.top` is told for.
    """
    scored = np.flatnonzero(~np.isnan(draws[0]))
    places = np.empty((len(scored), len(draws)), np.float32)

    def fill(here: slice) -> None:
        for draw in range(here.start, here.stop):
            places[:, draw] = _places(draws[draw, scored])

    in_slices(fill, len(draws), _DRAWS)
    found, group = np.full((3, draws.shape[1]), np.nan), np.full(draws.shape[1], -1)
    if len(scored):
        low, high = ends(places.T)
        found[0, scored], found[1, scored] = np.floor(low + _HAIR), np.ceil(high - _HAIR)
        found[2, scored] = (places <= worst).mean(axis=1)
        group[scored] = _groups(found[0, scored], found[1, scored])
    return Ranking(found[0], found[1], found[2], group)


def _places(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    order = np.argsort(-scores, kind="stable")
    first = np.ones(len(order), bool)
    first[1:] = scores[order[1:]] != scores[order[:-1]]
    places = np.empty(len(order), np.int64)
    places[order] = np.maximum.accumulate(np.where(first, np.arange(1, len(order) + 1), 0))
    return places


def _groups(low: Floats, high: Floats) -> npt.NDArray[np.int64]:
    """Units in turn, from the worst: each joins the group before it as long as it overlaps with all that are in it."""
    found, group, reach = np.empty(len(low), np.int64), -1, -np.inf
    for unit in np.lexsort((high, low)):
        if low[unit] > reach:
            group, reach = group + 1, np.inf
        reach = min(reach, high[unit])
        found[unit] = group
    return found
