"""Tasks: the measures of a case, each with all its records and what the case says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import pyarrow.compute as pc

from riskmap.errors import PlacementError
from riskmap.model.kernel import Kernel
from riskmap.model.layer import Layer

_T = TypeVar("_T")
_WORDS = ("unit", "kind", "spread", "licence", "overlap_group")


@dataclass(frozen=True)
class MergeInput:
    """One layer to be merged, and what its case says of it.

    Args:
        name: Name of its source.
        layer: Its records.
        observed: First and last day over which absence is an observed zero; None where it is unknown.
        valid_days: Longest time that a stock or an index stays in force.
        timeless: True where values hold for all periods although dated.
        aliases: Place names as its records write them -> as the boundaries do.
        assumed: Those of the aliases that are assumed.
    """

    name: str
    layer: Layer
    observed: tuple[date, date] | None = None
    valid_days: int | None = None
    timeless: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Task:
    """One measure to be merged; its records are put together when they are needed, and held no longer.

    Args:
        name: `source:measure`.
        inputs: Those of its source that hold it.
        kernels: The kernels it must also be seen through.
        words: What all its records have in the columns `unit`, `kind`, `spread`, `licence` and `overlap_group` of the
            layer; empty where that is null.
        digest: Hash of its records.
    """

    name: str
    inputs: tuple[MergeInput, ...]
    kernels: tuple[Kernel, ...]
    words: Mapping[str, str]
    digest: str

    def given(self) -> MergeInput:
        """All its records, and what the case says of them.

        Raises:
            PlacementError: Its inputs contradict one another.
        """
        return _together(self.name, self.inputs)


def tasks_of(inputs: Sequence[MergeInput], kernels: Mapping[str, tuple[Kernel, ...]]) -> tuple[Task, ...]:
    """The measures of some inputs, sorted by name; those of which all records were withdrawn are left out.

    Raises:
        PlacementError: Inputs of one measure contradict one another.
    """
    held: dict[str, list[MergeInput]] = {}
    for one in inputs:
        for measure in _measures(one.layer):
            held.setdefault(f"{one.name}:{measure}", []).append(one)
    found = (_task(name, tuple(held[name]), kernels.get(name, ())) for name in sorted(held))
    return tuple(task for task in found if task is not None)


def _task(name: str, inputs: tuple[MergeInput, ...], kernels: tuple[Kernel, ...]) -> Task | None:
    layer = _together(name, inputs).layer
    if not len(layer):
        return None
    words = {word: str(layer.table[word][0].as_py() or "") for word in _WORDS}
    return Task(name, inputs, kernels, words, layer.digest())


def _measures(layer: Layer) -> list[str]:
    return sorted(str(name) for name in pc.unique(layer.table["measure"]).to_pylist())


def _together(name: str, found: Sequence[MergeInput]) -> MergeInput:
    """All inputs that hold a measure as one; what the case says of them is joined."""
    source, _, measure = name.partition(":")
    layer = Layer.concat([one.layer.of(measure) for one in found]).standing()
    for word in ("unit", "kind", "spread", "overlap_group"):
        _one(name, word, set(pc.unique(layer.table[word]).to_pylist()) or {None})
    return MergeInput(
        name=source,
        layer=layer,
        observed=_joined(name, [one.observed for one in found if one.observed is not None]),
        valid_days=_one(name, "valid_days", {one.valid_days for one in found}),
        timeless=_one(name, "timeless", {one.timeless for one in found}),
        aliases={key: value for one in found for key, value in one.aliases.items()},
        assumed=frozenset[str]().union(*(one.assumed for one in found)),
    )


def _one(name: str, word: str, found: set[_T]) -> _T:
    """The one value that all inputs of a measure agree on."""
    if len(found) > 1:
        told = ", ".join(sorted(map(str, found)))
        raise PlacementError(f"inputs of {name} differ in {word} ({told}); give them different measure names")
    return found.pop()


def _joined(name: str, spans: list[tuple[date, date]]) -> tuple[date, date] | None:
    """One span of observed days from several that meet or overlap."""
    joined: tuple[date, date] | None = None
    for first, last in sorted(spans):
        if joined is not None and first > joined[1] + timedelta(days=1):
            raise PlacementError(f"inputs of {name} are observed to {joined[1]} and again from {first}; fill the gap")
        joined = (first, last) if joined is None else (joined[0], max(joined[1], last))
    return joined
