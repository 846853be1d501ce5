"""What an audit shows of the data: scores and classes, reliability, and what each indicator stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from riskmap.model.cube import Floats
from riskmap.model.score import IndicatorValues
from riskmap.publish.audit import Audit
from riskmap.publish.columns import legend
from riskmap.publish.page import Markup, Section, element, facts, percent, said, table
from riskmap.publish.tracks import bar, columns, key, stack
from riskmap.publish.words import SUPPORT
from riskmap.score.parts import SCALE
from riskmap.score.reliability import EDGES, GRADES

UNKNOWN = "insufficient data"
GRADE_COLOURS = ("#1b6e5a", "#5aa98b", "#d9b44a", "#b5602f")
SUPPORT_COLOURS = ("#1d3f72", "#3f74ad", "#79a9cf", "#b4cfe3", "#e0c9a6")
_BINS = 40


def scores(audit: Audit) -> Section:
    """Classes over periods, by cells and by people, and the scores of the last period."""
    classes = [step.name for step in audit.recipe.classes]
    colours = {one["name"]: one["colour"] for one in legend(audit.snapshot)["classes"]}
    people = np.nan_to_num(audit.score.population)
    rows = []
    for row, label in enumerate(audit.snapshot.periods):
        codes = audit.score.class_index[row]
        shares = _shares(codes, classes, np.ones(len(codes)))
        living = _shares(codes, classes, people[row])
        rows.append((label, stack(shares, colours), percent(1 - shares[UNKNOWN]), stack(living, colours),
                     percent(1 - living[UNKNOWN])))  # fmt: skip
    parts = [
        key({**colours, UNKNOWN: None}),
        table(("period", "cells", "scored", "people", "scored"), rows),
        element("h3", f"Scores of {audit.snapshot.periods[-1]}"),
        _histogram(audit.last.value[0]),
    ]
    return Section("Scores and classes", parts)


def grades(audit: Audit) -> Section:
    """Reliability by grade over periods, and what the last period lacks."""
    found = audit.reliability
    colours = dict(zip(GRADES, GRADE_COLOURS, strict=True))
    rows = []
    for row, label in enumerate(audit.snapshot.periods):
        shares = _shares(found.grade[row], list(GRADES), np.ones(len(found.grade[row])))
        known = found.grade[row] >= 0
        rows.append((label, stack(shares, colours), _mean(found.value[row][known])))
    edges = ", ".join(f"{grade} from {edge:g}" for grade, edge in zip(GRADES, EDGES, strict=False))
    note = said(
        "10 less what is missing, old or known only for large places, by weight; ", edges,
        ", the rest D. What has no score has no grade.",
    )  # fmt: skip
    last, scored = -1, found.grade[-1] >= 0
    parts = [
        note,
        key({**colours, UNKNOWN: None}),
        table(("period", "cells", "mean of scored"), rows),
        element("h3", f"Scored cells in {audit.snapshot.periods[last]}, means"),
        facts({
            "share of weight not observed": percent(_mean(found.missing[last][scored])),
            "share of weight known for the whole country only": percent(_mean(found.national[last][scored])),
            "age of what is observed, years": _mean(found.age_years[last][scored]),
        }),
    ]  # fmt: skip
    return Section("Reliability", parts)


def indicators(audit: Audit) -> Section:
    """What each indicator stands on in the last period: how much is known, how old, how coarse, from which feeds."""
    names = {code: word for code, word in SUPPORT.items() if word}
    colours = dict(zip(names.values(), SUPPORT_COLOURS, strict=True))
    rows: list[tuple[object, ...]] = []
    for name, part in audit.recipe.indicators.items():
        values = audit.last.indicators.get(name)
        if values is None:
            rows.append((part.label, bar(0.0, 1.0), percent(0.0, 0), None, None, "nothing feeds it"))
            continue
        known = ~np.isnan(values.values[0])
        supports = _supports(values.support[0][known], names)
        ages = values.age_days[0][known].astype(np.float64) / 365.25
        share = float(known.mean())
        drawn = stack(supports, colours) if supports else None
        rows.append((part.label, bar(share, 1.0), percent(share, 0), _mean(ages), drawn, _fed(audit, name, values)))
    head = (
        "indicator",
        "cells in which it is known",
        "",
        "mean age, years",
        "known for",
        "feeds, by share of its cells",
    )
    note = said(f"All cells in {audit.snapshot.periods[-1]}.")
    return Section("What each indicator stands on", [note, key(dict(colours)), table(head, rows)])


def _histogram(values: Floats) -> Markup:
    known = values[~np.isnan(values)]
    if not known.size:
        return said("No cell has a score.")
    counts, _ = np.histogram(known, _BINS, SCALE)
    ends = element("div", element("span", f"{SCALE[0]:g}"), element("span", f"{SCALE[1]:g}"), class_="ends")
    quantiles = np.percentile(known, (5, 50, 95))
    told = "5 % of scored cells lie below {:.2f}, half below {:.2f}, 95 % below {:.2f}.".format(*quantiles)
    return Markup(columns(counts.tolist()) + ends + said(told))


def _shares(codes: npt.NDArray[np.int8], names: Sequence[str], weights: Floats) -> dict[str, float]:
    """Share of the weights by name of code, those of code -1 last; all 0 where there is no weight."""
    whole = float(weights.sum())
    sums = [float(weights[codes == code].sum()) for code in (*range(len(names)), -1)]
    return {name: part / whole if whole else 0.0 for name, part in zip((*names, UNKNOWN), sums, strict=True)}


def _supports(codes: npt.NDArray[np.int8], names: Mapping[int, str]) -> dict[str, float]:
    found = {word: float((codes == code).sum()) / max(codes.size, 1) for code, word in names.items()}
    return {word: share for word, share in found.items() if share}


def _fed(audit: Audit, name: str, values: IndicatorValues) -> str:
    feeds, given = audit.recipe.indicators[name].feeds, values.feed[0]
    known = given[given >= 0]
    words = []
    for position in np.unique(known).tolist():
        feed, share = feeds[position], float((known == position).mean())
        stands = f", {feed.proxy}" if feed.proxy else ""
        most = f"{percent(share, 0)}" if share >= 0.005 else "<1\u00a0%"
        words.append(f"{feed.measure} {most}{stands}")
    return "; ".join(words) or "nothing in this period"


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
