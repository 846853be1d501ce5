"""Sensitivity: how much of the variance of an answer each uncertain assumption accounts for, of any model y = f(X)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, qmc

from riskmap.errors import QueryError
from riskmap.model.cube import Floats

Model = Callable[[Floats], Floats]
"""Answers of shape (rows,) for assumptions of shape (rows, factors)."""

RESAMPLES = 1000
"""Bootstrap samples from which intervals are read."""

INTERVAL = (5.0, 95.0)
"""Percentiles of the bootstrap between which an interval lies."""


class Factor(Protocol):
    """One uncertain assumption."""

    def at(self, quantile: Floats) -> Floats:
        """Its values at quantiles 0..1, any shape."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Anything between two ends is as likely.

    Args:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float

    def at(self, quantile: Floats) -> Floats:
        """Its values at quantiles 0..1, any shape."""
        return self.low + (self.high - self.low) * quantile


@dataclass(frozen=True)
class Normal:
    """A normal distribution.

    Args:
        mean: Its mean.
        deviation: Its standard deviation.
    """

    mean: float
    deviation: float

    def at(self, quantile: Floats) -> Floats:
        """Its values at quantiles, any shape; 0 and 1 stand for the nearest numbers inside."""
        inside = np.clip(quantile, np.finfo(float).tiny, 1 - np.finfo(float).epsneg)
        return np.asarray(norm.ppf(inside, self.mean, self.deviation))


@dataclass(frozen=True)
class Discrete:
    """One of several options, each as likely, told by its position 0, 1, ...

    Args:
        options: How many.
    """

    options: int

    def at(self, quantile: Floats) -> Floats:
        """Positions at quantiles 0..1, any shape."""
        return np.minimum(np.floor(quantile * self.options), self.options - 1.0)


@dataclass(frozen=True)
class Design:
    """Saltelli's design of N (groups + 2) rows.

    Args:
        a: Shape (N, factors).
        b: A second one, independent of it.
        mixed: `a` with the columns of one group from `b`, shape (groups, N, factors).
        groups: Names, in the order of `mixed`.
    """

    a: Floats
    b: Floats
    mixed: Floats
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Shares:
    """Shares of an answer's variance; each index with its bootstrap interval.

    Args:
        first: What the group accounts for alone.
        first_low: Lower end of its interval.
        first_high: Upper end of its interval.
        total: What it accounts for together with all others.
        total_low: Lower end of its interval.
        total_high: Upper end of its interval.
    """

    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float


def check_rows(rows: int) -> None:
    """Nothing, where a design can have so many rows.

    Raises:
        QueryError: N is no power of two from 2 on.
    """
    if rows < 2 or rows & (rows - 1):
        raise QueryError(f"a design of {rows} rows is none; N is a power of two from 2 on, such as 1024")


def saltelli(factors: Mapping[str, Factor], rows: int, seed: int, groups: Mapping[str, str] | None = None) -> Design:
    """Saltelli's design from a scrambled Sobol sequence.

    Args:
        factors: By name; the columns, in this order.
        rows: N, a power of two, as the sequence is only balanced then.
        seed: Of the scrambling.
        groups: Group of each factor, by its name; factors of one group are moved together. None: each on its own.

    Raises:
        QueryError: N is no power of two, or there is no factor.

    Source: A. Saltelli et al., Variance based sensitivity analysis of model output (2010), design of radial samples.
    """
    check_rows(rows)
    if not factors:
        raise QueryError("a design without factors is none; name at least one assumption")
    of = {name: name for name in factors} if groups is None else groups
    names = tuple(dict.fromkeys(of[name] for name in factors))
    count = len(factors)
    quantiles = qmc.Sobol(2 * count, scramble=True, seed=np.random.default_rng(seed)).random(rows)
    halves = [
        np.column_stack([factor.at(half[:, column]) for column, factor in enumerate(factors.values())])
        for half in (quantiles[:, :count], quantiles[:, count:])
    ]
    member = np.array([[of[factor] == name for factor in factors] for name in names])
    return Design(halves[0], halves[1], np.where(member[:, None], halves[1], halves[0]), names)


def variance_shares(y_a: Floats, y_b: Floats, y_mixed: Floats, seed: int) -> list[Shares]:
    """First-order and total shares of each group, from the answers to a design.

    S = mean(yB (yM - yA)) / V and ST = mean((yA - yM)²) / 2V, with V the variance of yA and yB together. Where nothing
    varies all are NaN.

    Args:
        y_a: Answers to `a`, shape (N,).
        y_b: Answers to `b`, shape (N,).
        y_mixed: Answers to `mixed`, shape (groups, N).
        seed: Of the bootstrap, which draws whole rows of the design.

    Source: A. Saltelli et al. (2010), equation b of table 2 for S; M. Jansen (1999), equation f, for ST.
    """
    answers = np.vstack([y_a, y_b, y_mixed])
    first, total = _indices(answers[:, :, None])
    drawn = np.random.default_rng(seed).integers(0, len(y_a), (RESAMPLES, len(y_a)))
    sampled = [_indices(answers[:, chunk.T]) for chunk in np.array_split(drawn, 20)]
    firsts, totals = (np.concatenate(parts, axis=1) for parts in zip(*sampled, strict=True))
    ends = [np.percentile(parts, INTERVAL, axis=1) for parts in (firsts, totals)]
    return [
        Shares(
            *map(float, (first[group, 0], *ends[0][:, group], total[group, 0], *ends[1][:, group])),
        )
        for group in range(len(y_mixed))
    ]


def sensitivity(
    model: Model, factors: Mapping[str, Factor], rows: int, seed: int, groups: Mapping[str, str] | None = None
) -> Mapping[str, Shares]:
    """First-order and total shares of the variance of a model's answer, by group of assumptions.

    Answers are told from their mean, which steadies the first-order shares and moves none in the long run.

    Args:
        model: Answers of shape (rows,) for assumptions of shape (rows, factors).
        factors: By name; the columns, in this order.
        rows: N, a power of two; the model is asked N (groups + 2) rows.
        seed: Of design and bootstrap.
        groups: Group of each factor, by its name. None: each on its own.

    Raises:
        QueryError: N is no power of two, or there is no factor.
    """
    design = saltelli(factors, rows, seed, groups)
    y_a, y_b = model(design.a), model(design.b)
    y_mixed = np.stack([model(part) for part in design.mixed])
    centre = np.mean(np.concatenate([y_a, y_b]))
    shares = variance_shares(y_a - centre, y_b - centre, y_mixed - centre, seed)
    return dict(zip(design.groups, shares, strict=True))


def one_at_a_time(
    model: Model,
    factors: Mapping[str, Factor],
    quantiles: Sequence[float] = (0.0, 1.0),
    usual: Sequence[float] | None = None,
) -> tuple[float, Mapping[str, npt.NDArray[np.float64]]]:
    """Answers as each factor moves alone while all others stay as usual.

    Args:
        model: Answers of shape (rows,) for assumptions of shape (rows, factors).
        factors: By name; the columns, in this order.
        quantiles: Where each factor is set in turn.
        usual: Where each factor stays; its middle where left out.

    Returns:
        The answer with all as usual, and by factor its answers, shape (quantiles,).
    """
    if usual is None:
        usual = [float(factor.at(np.array([0.5]))[0]) for factor in factors.values()]
    start = np.asarray(usual, dtype=np.float64)
    moved = np.tile(start, (len(factors), len(quantiles), 1))
    for column, factor in enumerate(factors.values()):
        moved[column, :, column] = factor.at(np.array(quantiles, dtype=np.float64))
    answers = model(np.vstack([start, moved.reshape(-1, len(factors))]))
    told = answers[1:].reshape(len(factors), len(quantiles))
    return float(answers[0]), dict(zip(factors, told, strict=True))


def _indices(answers: Floats) -> tuple[Floats, Floats]:
    """S and ST of every group and sample, shape (groups, samples), of answers of shape (2 + groups, N, samples)."""
    y_a, y_b, y_mixed = answers[0], answers[1], answers[2:]
    variance = np.var(np.concatenate([y_a, y_b]), axis=0)
    first = np.mean(y_b * (y_mixed - y_a), axis=1)
    total = np.mean((y_a - y_mixed) ** 2, axis=1) / 2
    shares = [np.divide(part, variance, out=np.full(part.shape, np.nan), where=variance > 0) for part in (first, total)]
    return shares[0], shares[1]
