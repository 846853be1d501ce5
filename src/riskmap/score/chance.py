"""Chance: random numbers that hang on what they are for, and on nothing else.

Each comes from a key and the number of the draw, so that the same thing is drawn alike in whatever order and on however
many machines, and no number moves when another one is added.

Source: SplitMix64, G. L. Steele, D. Lea and C. H. Flood, Fast splittable pseudorandom number generators (OOPSLA 2014).
"""

from __future__ import annotations

import hashlib

import numpy as np
from scipy.special import ndtri

from riskmap.model.cube import Cells, Floats

LEVELS = 256
"""Values that one byte tells apart."""

MIDDLES: Floats = (np.arange(LEVELS) + 0.5) / LEVELS
"""Probabilities that the bytes stand for."""

NORMAL: Floats = ndtri(MIDDLES)
"""Values of a standard normal distribution that the bytes stand for, scaled to unit variance."""
NORMAL = NORMAL / NORMAL.std()

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


def key_of(seed: int, name: str) -> np.uint64:
    """Key of what is drawn under a name."""
    return np.uint64(int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "little"))


def uniforms(seed: int, name: str, draws: int) -> Floats:
    """Numbers from 0 up to 1, one a draw; those of fewer draws are the first of those of more.

    Args:
        seed: Of all that is drawn.
        name: What they are for.
        draws: How many.
    """
    state = key_of(seed, name) + (np.arange(draws, dtype=np.uint64) + np.uint64(1)) * _GOLDEN
    return np.asarray((_mixed(state) >> np.uint64(11)) * _TO_UNIT)


def _mixed(state: Cells) -> Cells:
    """The output function of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
