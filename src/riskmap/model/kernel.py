"""Kernels: how far and how long one record is felt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["exponential", "gaussian", "quartic", "footprint"]


@dataclass(frozen=True)
class Kernel:
    """Decay of a record's weight in space and time.

    In space, with `d` the great-circle distance (sphere of 6371.0072 km) and `L` = `length_km`:
    `exponential` exp(-d/L) up to 4L; `gaussian` exp(-d²/2L²) up to 3L; `quartic` (1-(d/L)²)² up to L;
    `footprint` the share of the cell under the record's polygon (a gaussian of `length_km` where
    the record is a point), combined over records by the maximum instead of the sum.

    In time, with `age` the whole days from the record's last day to the last day of the period (later records do not
    count): 2^(-age/half_life_days); or, where `window_days` = (a, b) is given, 1 for a <= age < b and 0 elsewhere.

    Source: design of `docs/method.md`, after the distance and half-life ranges published for conflict diffusion.
    """

    shape: Shape
    length_km: float
    half_life_days: float | None = None
    window_days: tuple[int, int] | None = None

    @property
    def key(self) -> str:
        """Suffix that names a measure seen through this kernel, such as `exponential-25km-90d`."""
        time = f"{self.window_days[0]}to{self.window_days[1]}d" if self.window_days else f"{self.half_life_days:g}d"
        return f"{self.shape}-{self.length_km:g}km-{time}"
