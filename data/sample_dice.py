"""Dice of the sample: random draws that come out the same on every machine and in every Python.

Only `random.Random.random` is used, the one stream whose sequence Python promises to keep for a given seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of draws with a seed of its own, so that changing one file of the sample leaves the others alone.

    Args:
        seed: Any text.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(f"riskmap sample, 1: {seed}").random

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random()

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        """True in this share of throws."""
        return self._random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of several, all as likely."""
        return options[int(self._random() * len(options))]

    def weighted(self, options: Sequence[tuple[T, float]]) -> T:
        """One of several (option, weight) pairs."""
        left = self._random() * sum(weight for _, weight in options)
        for option, weight in options:
            left -= weight
            if left < 0:
                return option
        return options[-1][0]

    def bell(self, spread: float) -> float:
        """A number around 0 with about this standard deviation: a sum of four even throws, which needs no logarithm."""
        return (sum(self._random() for _ in range(4)) - 2) * math.sqrt(3) * spread

    def waits(self, share: float) -> int:
        """How often a throw of this probability succeeds before it first fails: mostly small, sometimes large."""
        count = 0
        while self._random() < share:
            count += 1
        return count
