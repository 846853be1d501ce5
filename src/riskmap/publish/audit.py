"""Audit: everything that a snapshot's own tables tell of how far its index can be leaned on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from riskmap.model.score import Score
from riskmap.publish.scored import recipe_of, score_of
from riskmap.score.agreement import Agreement, variant_agreement
from riskmap.score.assumptions import Assumptions, assumptions_of
from riskmap.score.coherence import Coherence, group_coherence, indicator_coherence
from riskmap.score.leave_out import Influence, above_cap, feeds_influence, feeds_of, indicator_influence
from riskmap.score.recipe import Recipe, variants_of
from riskmap.score.reliability import CONFLICT, Reliability, high_intensity, reliability
from riskmap.score.rescore import only
from riskmap.score.sensitivity import Shares, check_rows, one_at_a_time, sensitivity
from riskmap.score.survey import Survey, surveys
from riskmap.store.snapshot import Snapshot

CAP = 0.25
"""Share of an index above which one provider is said to carry too much of it."""

ENDS = (0.0, 0.5, 1.0)
"""Where each factor is set when it moves alone: its two ends, and the middle option of three."""


@dataclass(frozen=True)
class Effort:
    """How much is drawn.

    Args:
        rows: N of the design of the sensitivity analysis, a power of two.
        cells: Most cells ranked in it.
        seed: Of all that is drawn.
    """

    rows: int = 1024
    cells: int = 300
    seed: int = 0

    def __post_init__(self) -> None:
        check_rows(self.rows)


USUAL = Effort()
"""Enough for intervals of a few hundredths, in seconds."""


@dataclass(frozen=True, eq=False)
class Audit:
    """A snapshot looked into; what looks at one period looks at the last.

    Args:
        snapshot: What is looked into.
        effort: How much is drawn.
    """

    snapshot: Snapshot
    effort: Effort = USUAL

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe that it was made with."""
        return recipe_of(self.snapshot)

    @cached_property
    def score(self) -> Score:
        """Its index in all periods."""
        return score_of(self.snapshot)

    @cached_property
    def last(self) -> Score:
        """Its index in the last period."""
        return only(self.score, -1)

    @property
    def scored(self) -> int:
        """Cells with a score in the last period."""
        return int((~np.isnan(self.last.value)).sum())

    @cached_property
    def reliability(self) -> Reliability:
        """How far its scores can be leaned on, in all periods."""
        return reliability(self.score, self.recipe, high_intensity(self.score, self.recipe, CONFLICT))

    @cached_property
    def groups(self) -> Mapping[str, Coherence]:
        """How far the parts of each group go together."""
        return group_coherence(self.last, self.recipe)

    @cached_property
    def indicators(self) -> Coherence:
        """How far all indicators go together."""
        return indicator_coherence(self.last, self.recipe)

    @cached_property
    def providers(self) -> Mapping[str, tuple[str, ...]]:
        """Feeds by the provider that the inputs credit for them; by their source where no input says."""
        credited: dict[str, str] = {}
        for entry in self.snapshot.manifest["inputs"]:
            for measure in entry.get("measures", ()):
                credited.setdefault(f"{entry['source']}:{measure}", entry["licence"]["attribution"])
        found: dict[str, tuple[str, ...]] = {}
        for feed in feeds_of(self.last, self.recipe):
            provider = credited.get(feed) or feed.partition(":")[0]
            found[provider] = (*found.get(provider, ()), feed)
        return found

    @cached_property
    def without_provider(self) -> Mapping[str, Influence]:
        """The index without all that each provider gave."""
        return {name: feeds_influence(self.last, self.recipe, feeds) for name, feeds in self.providers.items()}

    @cached_property
    def without_feed(self) -> Mapping[str, Influence]:
        """The index without each feed."""
        feeds = feeds_of(self.last, self.recipe)
        return {feed: feeds_influence(self.last, self.recipe, [feed]) for feed in feeds}

    @cached_property
    def above_cap(self) -> Mapping[str, float]:
        """Share of scored cells in which one provider carries more than `CAP` of the index, by provider."""
        found = above_cap(self.last, self.recipe, self.providers, CAP)
        return {name: float(where.sum()) / self.scored for name, where in found.items()}

    @cached_property
    def without_indicator(self) -> Mapping[str, Influence]:
        """The index defined without each indicator that is known somewhere."""
        known = [key for key in self.recipe.indicators if not np.isnan(self.last.nodes[key]).all()]
        return {key: indicator_influence(self.last, self.recipe, key) for key in known if len(known) > 1}

    @cached_property
    def variants(self) -> Mapping[str, Agreement]:
        """How alike the variants of a built-in recipe rank the cells, by title; none of any other recipe."""
        others = {other.title: other for other in variants_of(self.recipe).values()}
        return variant_agreement(self.last.indicators, self.recipe, others, self.last.value.shape)

    @cached_property
    def assumptions(self) -> Assumptions | None:
        """The recipe's assumptions over a sample of scored cells; None where there is no ranking."""
        if self.scored < 2:
            return None
        return assumptions_of(self.last, self.recipe, self.effort.cells, self.effort.seed)

    @cached_property
    def shares(self) -> Mapping[str, Shares]:
        """Shares of the variance of the ranking by assumption; empty where there is no ranking."""
        taken = self.assumptions
        if taken is None:
            return {}
        return sensitivity(taken.rank_shift, taken.factors, self.effort.rows, self.effort.seed, taken.groups)

    @cached_property
    def alone(self) -> Mapping[str, float]:
        """Largest mean rank shift that each factor makes alone, as a share of the ranking; empty without a ranking."""
        taken = self.assumptions
        if taken is None:
            return {}
        _, moved = one_at_a_time(taken.rank_shift, taken.factors, ENDS, taken.usual)
        return {name: float(shifts.max()) / len(taken.score.cells) for name, shifts in moved.items()}

    @cached_property
    def areas(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Names of the smallest units that the snapshot names, and the unit of each cell; -1 where it is in none."""
        cells = self.snapshot.table("cells")
        for level in (2, 1):
            codes, names = (cells[f"admin{level}_{part}"].to_pylist() for part in ("pcode", "name"))
            named = {code: name or code for code, name in zip(codes, names, strict=True) if code}
            if named:
                places = {code: place for place, code in enumerate(sorted(named))}
                return [named[code] for code in places], np.array([places.get(code, -1) for code in codes])
        return [], np.full(len(cells), -1)

    @cached_property
    def surveys(self) -> list[Survey]:
        """What asking for each indicator in each unit that lacks it would be worth, in the last period."""
        return surveys(self.last, self.recipe, self.areas[1])
