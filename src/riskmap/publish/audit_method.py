"""What an audit shows of the method: what rests on one provider, indicator or assumption, and what goes together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from riskmap.publish.audit import CAP, Audit
from riskmap.publish.audit_maps import provider_maps
from riskmap.publish.page import Markup, Section, breakable, element, percent, said, table
from riskmap.publish.tracks import bar, tile
from riskmap.score.assumptions import MEANS
from riskmap.score.coherence import COLLINEAR, Coherence
from riskmap.score.leave_out import Influence
from riskmap.score.sensitivity import INTERVAL
from riskmap.score.survey import Survey

_MOST, _SURVEYS = 20, 10
_KINDS = {
    "weight": "weight of {}, a quarter smaller or larger",
    "low": "lower goalpost of {}, a tenth of their distance",
    "high": "upper goalpost of {}, a tenth of their distance",
    "transform": "{} without its transform",
}


def leave_provider_out(audit: Audit) -> Section:
    """The index without each provider and feed."""
    caps = audit.above_cap
    told = "; ".join(f"{name} in {percent(share, 0)} of scored cells" for name, share in caps.items()) or "nowhere"
    parts = [
        said(
            "The last period scored again with all that one provider gave taken away and nothing in its place. A score"
            " is lost where too little is left to stand on; how far it would move, in points and as a share of the"
            " ranking, is told for it too."
        ),
        element("p", f"One provider carries more than {percent(CAP, 0)} of the index: {told}."),
        _influences(audit.without_provider, "provider", audit.scored),
        element("h3", "Where it rests on them"),
        *provider_maps(audit),
        element("h3", "Feed by feed"),
        _influences(audit.without_feed, "feed", audit.scored),
    ]
    return Section("How much rests on one provider", parts)


def leave_indicator_out(audit: Audit) -> Section:
    """The index defined without each indicator."""
    named = {audit.recipe.indicators[key].label: found for key, found in audit.without_indicator.items()}
    note = said(
        "The last period scored as if the recipe had never had the indicator; its weight goes to its neighbours."
    )
    return Section("Without one indicator", [note, _influences(named, "indicator", audit.scored)])


def variants(audit: Audit) -> Section:
    """The ranking under the variants that come with the recipe."""
    if not audit.variants:
        return Section("Other ways to weigh it", [said("No variants come with this recipe.")])
    rows = [
        (title, bar(max(found.tau, 0.0), 1.0), f"{found.tau:.2f}", f"{found.places:,}")
        for title, found in audit.variants.items()
    ]
    note = said(
        "The last period scored by each variant, from the same indicators: Kendall's tau-b of its ranking with the"
        " published one, 1 where every pair of cells is in the same order, over the cells that both score."
    )
    return Section("Other ways to weigh it", [note, table(("variant", "", "tau", "cells"), rows)])


def assumptions(audit: Audit) -> Section:
    """Shares of the variance of the ranking by assumption."""
    taken = audit.assumptions
    if taken is None:
        return Section("What the ranking depends on", [said("Fewer than two cells have a score.")])
    shares = audit.shares
    rows = [
        (name, bar(one.first, 1.0, (one.first_low, one.first_high)), one.first, _ends(one.first_low, one.first_high),
         bar(one.total, 1.0, (one.total_low, one.total_high)), one.total, _ends(one.total_low, one.total_high))
        for name, one in sorted(shares.items(), key=lambda pair: -pair[1].total)
    ]  # fmt: skip
    count, rank = audit.effort.rows * (len(shares) + 2), len(taken.score.cells)
    interval = f"{INTERVAL[1] - INTERVAL[0]:.0f} %"
    note = said(
        f"Share of the variance of the mean rank shift of {rank:,} scored cells that each assumption accounts for:"
        f" alone, and together with all others. {count:,} rankings; lines are bootstrap intervals of {interval}."
        " Weights vary by a quarter, goalposts by a tenth of their distance, means between three."
    )
    head = ("assumption", "alone", "", "interval", "with others", "", "interval")
    return Section("What the ranking depends on", [note, table(head, rows)])


def one_by_one(audit: Audit) -> Section:
    """The factors that move the ranking most when each moves alone."""
    largest = sorted(audit.alone.items(), key=lambda pair: -pair[1])[:_MOST]
    top = max((shift for _, shift in largest), default=0.0)
    rows = [(_worded(audit, name), bar(shift, top), percent(shift, 2)) for name, shift in largest]
    note = said(
        f"Mean distance that cells move in the ranking, as a share of it, where one assumption goes to the end that"
        f" moves it most and all others stay: the {len(rows)} that move it most of {len(audit.alone)}."
    )
    return Section("One assumption at a time", [note, table(("assumption", "", "mean shift"), rows)])


def coherence(audit: Audit) -> Section:
    """Alpha and principal components by group, and the correlations of all indicators."""
    labels = _labels(audit)
    rows = [_group(labels, name, found) for name, found in audit.groups.items() if len(found.members) > 1]
    pairs = audit.indicators.collinear()
    told = "; ".join(f"{labels[one.first]} and {labels[one.second]} ({one.correlation:+.2f})" for one in pairs)
    same = [labels[key] for key in audit.indicators.constant]
    parts = [
        said("Whether the parts of a group tell of one thing, over the cells of the last period. A low alpha is no"
             " fault in a group whose parts are meant to add to one another."),
        table(("group", "parts that vary", "alpha", "mean correlation", "first component"), rows),
        element("p", f"Tell the same twice (beyond {COLLINEAR:g}): {told or 'none'}."),
        element("p", f"The same in all cells, or unknown: {', '.join(same) or 'none'}."),
        element("h3", "Correlations of indicators, as scored"),
        _matrix(audit.indicators, labels),
    ]  # fmt: skip
    return Section("Coherence", parts)


def next_surveys(audit: Audit) -> Section:
    """Where one more survey would give most scores, and where it would change the ranking most."""
    found = audit.surveys
    gaining = sorted((one for one in found if one.gained > 0), key=lambda one: (-one.gained, -one.narrowed))
    shifting = [one for one in found if one.shifted > 0]
    parts = [
        said(
            "One indicator asked for in one area that lacks it, over what it is where it is known, or over the whole"
            " scale where it is known nowhere: what can be expected, before asking. Of each area the best one."
        ),
        element("h3", "Most cells that would get a score"),
        _surveyed(audit, gaining),
        element("h3", "Largest change of the ranking"),
        _surveyed(audit, shifting),
    ]
    return Section("Where to ask next", parts)


def _surveyed(audit: Audit, found: Sequence[Survey]) -> Markup:
    best = {one.area: one for one in reversed(found)}
    if not best:
        return said("Nowhere.")
    labels, names = _labels(audit), audit.areas[0]
    listed = [one for one in found if best[one.area] is one][:_SURVEYS]
    rows = [
        (names[one.area], labels[one.indicator], one.cells, one.gained, one.narrowed,
         percent(one.shifted / audit.scored if audit.scored else math.nan))
        for one in listed
    ]  # fmt: skip
    head = ("area", "indicator", "cells that lack it", "cells scored", "bounds narrowed by", "rank shift")
    return table(head, rows)


def _influences(found: Mapping[str, Influence], what: str, scored: int) -> Markup:
    ordered = sorted(found.items(), key=lambda pair: -_known(pair[1].mean_weight))
    heaviest = max((_known(one.mean_weight) for one in found.values()), default=0.0)
    rows = [
        (breakable(name), bar(one.mean_weight, heaviest), percent(one.mean_weight), percent(one.lost_share),
         one.mean_move, percent(one.mean_shift / scored if scored else math.nan))
        for name, one in ordered
    ]  # fmt: skip
    return table((what, "", "share of index", "scores lost", "mean move", "rank shift"), rows)


def _group(labels: Mapping[str, str], name: str, found: Coherence) -> tuple[object, ...]:
    members = ", ".join(labels[key] for key in found.members)
    first = percent(float(found.explained[0])) if len(found.explained) else None
    return labels[name], members, found.alpha, found.mean_correlation, first


def _matrix(found: Coherence, labels: Mapping[str, str]) -> Markup:
    if len(found.members) < 2:
        return said("Fewer than two indicators vary.")
    head = ("", *(str(place + 1) for place in range(len(found.members))))
    rows = [
        (f"{place + 1} {labels[key]}", *(tile(float(one), _two(float(one))) for one in found.correlations[place]))
        for place, key in enumerate(found.members)
    ]
    return table(head, rows)


def _worded(audit: Audit, name: str) -> str:
    kind, _, key = name.partition(":")
    if kind == "mean":
        return MEANS[key]
    return _KINDS[kind].format(_labels(audit).get(key, key))


def _labels(audit: Audit) -> dict[str, str]:
    recipe = audit.recipe
    levels = (recipe.dimensions, recipe.components, recipe.indicators)
    return {"index": "Index"} | {key: part.label for level in levels for key, part in level.items()}


def _ends(low: float, high: float) -> Markup:
    return element("span", f"{_two(low)} to {_two(high)}", style="white-space:nowrap")


def _two(value: float) -> str:
    """Two digits behind the point, and no minus before nothing."""
    return f"{round(value, 2) + 0.0:.2f}"


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value
