"""Sentences: one cell's index in one period in plain words, made of its numbers and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

PHRASES: Mapping[str, str] = {
    "scored": "In {period}, conditions that favour trafficking stand at {score} of {top} {where}: class {name}.",
    "unscored": "In {period}, too little is known {where} for a score: {share} % of the index's weight is observed."
    " Unknown is not safe.",
    "here": "in this cell",
    "named": "in this cell ({place})",
    "partial": "The score is partial: it rests on {share} % of the index's weight.",
    "reach": "With all that is missing at its best the score would be {low}, at its worst {high}.",
    "errors": "With errors allowed for, nine times in ten it lies between {low} and {high}.",
    "raising": "Largest parts, in points: {parts}.",
    "lowering": "Parts that lower it: {parts}.",
    "part": "{label} {points} [{facts}]",
    "measured": "measured at {value} ({unit})",
    "fine": "known for {support}",
    "coarse": "known only for {support}",
    "age": "age in days: {days}",
    "ageless": "age unknown",
    "proxy": "stand-in: {proxy}",
    "missing": "Not known, {share} % of the weight: {labels}.",
    "more": "and {count} more",
    "first": "There is no earlier period to compare with.",
    "new": "In {since} there was no score to compare with.",
    "risen": "Since {since} the score rose by {points}.",
    "fallen": "Since {since} the score fell by {points}.",
    "still": "Since {since} the score has not moved by {least} or more.",
    "moved": "Largest parts of this change, in points: {parts}.",
    "shift": "{label} {points} [{before} to {after} ({unit})]",
    "unknown": "unknown",
    "reliability": "Reliability of the data: {value} of {top}, grade {grade}.",
    "next": "; ",
    "within": ", ",
}
"""Every phrase, whole sentences and the pieces inside them; no number of a thing changes the form of a word.

A translation gives the same keys with the same names in braces.
"""

MOST: Mapping[str, int] = {"raising": 3, "lowering": 2, "moved": 3}
"""Parts named, by the phrase that names them."""

MOST_LABELS = 5
"""Indicators named as not known."""

LEAST_POINTS = 0.005
"""Points from which a part is worth naming: it shows in the second decimal."""

FINE = "the cell itself"
"""The support that is not called coarse."""

Told = Mapping[str, Any]


def paragraph(told: Told, edges: Sequence[float], phrases: Mapping[str, str] = PHRASES) -> str:
    """A cell's index in one period as a short paragraph.

    It names conditions, measurements and their change; of causes it says what the numbers show: which measured parts
    the score and its change are made of.

    Args:
        told: What `riskmap.publish.explain.explain` tells of the cell.
        edges: Edges between classes, so that no rounding carries a score over one.
        phrases: The words, `PHRASES` or a translation of them.
    """
    say = _Speaker(phrases, told["scale"][1], edges)
    return " ".join(say.sentences(told))


class _Speaker:
    """Puts numbers into phrases.

    Args:
        phrases: The words.
        top: Worst score.
        edges: Edges between classes.
    """

    def __init__(self, phrases: Mapping[str, str], top: float, edges: Sequence[float]) -> None:
        self.phrases, self.top, self.edges = phrases, f"{top:g}", edges

    def sentences(self, told: Told) -> Iterator[str]:
        yield self.head(told)
        if told["score"] is not None:
            yield from self.bounds(told)
            yield from self.parts(told["contributions"]["indicators"])
        yield from self.missing(told["missing"])
        if told["score"] is not None:
            yield from self.change(told["change"])
            yield self.say("reliability", value=f"{told['reliability']['value']:.1f}", top=self.top,
                           grade=told["reliability"]["grade"])  # fmt: skip

    def head(self, told: Told) -> str:
        where = self.say("named", place=told["place"]) if told["place"] else self.say("here")
        if told["score"] is None:
            return self.say("unscored", period=told["period"], where=where, share=_share(told["coverage"]))
        score = self.on_its_side(told["score"])
        return self.say("scored", period=told["period"], where=where, score=score, top=self.top, name=told["class"])

    def bounds(self, told: Told) -> Iterator[str]:
        if told["status"] == "partial":
            yield self.say("partial", share=_share(told["coverage"]))
        if told["missing"]:
            yield self.say("reach", low=f"{told['low']:.2f}", high=f"{told['high']:.2f}")
        if told.get("q05") is not None and told.get("q95") is not None:
            yield self.say("errors", low=f"{told['q05']:.2f}", high=f"{told['q95']:.2f}")

    def parts(self, indicators: Iterable[Told]) -> Iterator[str]:
        counting = [one for one in indicators if one["contribution"] is not None]
        for phrase, sign in (("raising", 1), ("lowering", -1)):
            named = _largest([one for one in counting if sign * one["contribution"] >= LEAST_POINTS], MOST[phrase])
            if named:
                yield self.say(phrase, parts=self.phrases["next"].join(map(self.part, named)))

    def part(self, one: Told) -> str:
        facts = [self.say("measured", value=_number(one["value"]), unit=one["unit"])]
        facts.append(self.say("fine" if one["support"] == FINE else "coarse", support=one["support"]))
        known = one["age_days"] is not None
        facts.append(self.say("age", days=f"{one['age_days']:.0f}") if known else self.say("ageless"))
        if one["proxy"]:
            facts.append(self.say("proxy", proxy=one["proxy"]))
        told = self.phrases["next"].join(facts)
        return self.say("part", label=one["label"], points=f"{one['contribution']:+.2f}", facts=told)

    def missing(self, missing: Sequence[Told]) -> Iterator[str]:
        if missing:
            labels = [one["label"] for one in missing[:MOST_LABELS]]
            if len(missing) > MOST_LABELS:
                labels.append(self.say("more", count=len(missing) - MOST_LABELS))
            share = _share(sum(one["effective_weight"] for one in missing))
            yield self.say("missing", share=share, labels=self.phrases["within"].join(labels))

    def change(self, change: Told | None) -> Iterator[str]:
        if change is None:
            yield self.say("first")
            return
        moved = change["difference"]
        if moved is None:
            yield self.say("new", since=change["since"])
        elif abs(moved) < LEAST_POINTS:
            yield self.say("still", since=change["since"], least=f"{LEAST_POINTS:g}")
        else:
            yield self.say("risen" if moved > 0 else "fallen", since=change["since"], points=f"{abs(moved):.2f}")
            large = [one for one in change["indicators"] if abs(one["contribution"]) >= LEAST_POINTS]
            named = _largest(large, MOST["moved"])
            if named:
                yield self.say("moved", parts=self.phrases["next"].join(map(self.shift, named)))

    def shift(self, one: Told) -> str:
        before, after = (
            self.phrases["unknown"] if one[side] is None else _number(one[side]) for side in ("before", "after")
        )
        points = f"{one['contribution']:+.2f}"
        return self.say("shift", label=one["label"], points=points, before=before, after=after, unit=one["unit"])

    def on_its_side(self, score: float) -> str:
        """The score with two decimals, or as many more as keep it in its class."""
        above = [score >= edge for edge in self.edges]
        texts = (f"{score:.{digits}f}" for digits in range(2, 9))
        return next((text for text in texts if [float(text) >= edge for edge in self.edges] == above), str(score))

    def say(self, key: str, **parts: object) -> str:
        return self.phrases[key].format(**parts)


def _largest(parts: Iterable[Told], most: int) -> list[Told]:
    return sorted(parts, key=lambda one: (-abs(one["contribution"]), one["id"]))[:most]


def _share(share: float) -> str:
    """A share as a whole number of hundredths, never 0 or 100 where it is not."""
    hundredths = round(100 * share)
    if hundredths == 0 and share > 0:
        return "below 1"
    if hundredths == 100 and share < 1 - 1e-6:
        return "above 99"
    return str(hundredths)


def _number(value: float) -> str:
    """A measured value with three digits, or all those before its point."""
    if value and abs(value) < 0.001:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
