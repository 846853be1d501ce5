"""The whole chain on a table of the usual size, 51 units and 49 indicators, against the same written out in plain loops."""

import math
import statistics

import numpy as np
import pytest

from riskmap.score.composite import compose
from riskmap.score.framework import parse_composite

UNITS, INDICATORS, PILLARS = 51, 49, 8
NAN = float("nan")


def known(values):
    return [value for value in values if not math.isnan(value)]


def moments(values):
    x = known(values)
    n, mean = len(x), sum(x) / len(x)
    d = [value - mean for value in x]
    two, three, four = (sum(value**power for value in d) for power in (2, 3, 4))
    skew = math.sqrt(n) * three / two**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    kurt = ((n + 1) * (n * four / two**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return skew, kurt


def passes(values):
    skew, kurt = moments(values)
    return abs(skew) < 2 or kurt < 3.5


def treated(values):
    cut, high, low = list(values), [], []
    while not passes(cut) and len(high) + len(low) < 5:
        if moments(cut)[0] >= 0:
            top = max(known(cut))
            high = [i for i, value in enumerate(cut) if value == top]
            following = max(value for value in known(cut) if value < top)
        else:
            top = min(known(cut))
            low = [i for i, value in enumerate(cut) if value == top]
            following = min(value for value in known(cut) if value > top)
        for i, value in enumerate(cut):
            cut[i] = following if value == top else value
    if passes(cut):
        return cut
    lowest, highest = min(known(values)), max(known(values))
    shift = 0.01 * (highest - lowest)
    if moments(values)[0] > 0:
        return [math.log(value - lowest + shift) for value in values]
    return [-math.log(highest + shift - value) for value in values]


def filled(values, groups):
    means = {group: known([v for v, g in zip(values, groups, strict=True) if g == group]) for group in set(groups)}
    return [
        statistics.fmean(means[g]) if math.isnan(v) and means[g] else v for v, g in zip(values, groups, strict=True)
    ]


def scaled(values, sign):
    x = [value * sign for value in values]
    low, high = min(known(x)), max(known(x))
    return [(value - low) / (high - low) * 99 + 1 for value in x]


def geometric(parts, weights):
    there = [(part, weight) for part, weight in zip(parts, weights, strict=True) if not math.isnan(part)]
    if not there:
        return NAN
    return math.exp(sum(w * math.log(x) for x, w in there) / sum(w for _, w in there))


@pytest.fixture(scope="module")
def world():
    """Indicators of many shapes, some in need of winsorising or a logarithm on either side, with gaps."""
    rng = np.random.default_rng(20)
    table = {}
    for number in range(INDICATORS):
        values = np.round(rng.normal(50, 10, UNITS), 2)
        if number % 4 == 1:
            values = np.round(np.exp(rng.normal(0, 1 + number / 6, UNITS)), 3)
        if number % 8 == 2:
            values = -np.round(np.exp(rng.normal(0, 1 + number / 6, UNITS)), 3)
        if number % 8 == 3:
            values[:2] = 500, 400
        values[rng.random(UNITS) < 0.08] = np.nan
        table[f"i{number:02d}"] = values
    table["i05"][3:40] = np.nan
    return {**table, "size": np.round(rng.uniform(1, 90, UNITS), 1), "region": rng.choice(["e", "w"], UNITS)}


@pytest.fixture(scope="module")
def recipe():
    lines = [
        'kind = "composite"\nname = "chain"\ntitle = "Chain"\nversion = "1"',
        'missing = { method = "mean", group = "region" }\noutliers = { method = "winsorise" }',
        'normalise = { method = "min_max", scale = [1, 100] }',
        '[nodes.top]\nlabel = "T"\nmethod = "geometric"',
        *(
            f'[nodes.s{side}]\nlabel = "S"\nparent = "top"\nweight = {side + 1}\nmethod = "geometric"'
            for side in range(2)
        ),
        *(
            f'[nodes.p{p}]\nlabel = "P"\nparent = "s{p % 2}"\nweight = {p + 1}\nmethod = "geometric"'
            for p in range(PILLARS)
        ),
    ]
    for number in range(INDICATORS):
        lines.append(f'[indicators.i{number:02d}]\nlabel = "I"\nparent = "p{number % PILLARS}"')
        lines.append(f'direction = "{"-" if number % 3 == 0 else "+"}"\nweight = {number % 4 + 1}')
        if number % 5 == 0:
            lines.append('denominate = { by = "size", factor = 1000 }')
    return parse_composite("\n".join(lines), "chain.toml")


def test_every_stage_agrees(world, recipe) -> None:
    found = compose(world, [f"u{i}" for i in range(UNITS)], recipe)
    nodes = {}
    treatments = set()
    for number, key in enumerate(recipe.indicators):
        values = [float(value) for value in world[key]]
        if number % 5 == 0:
            values = [value / (size / 1000) for value, size in zip(values, world["size"], strict=True)]
        np.testing.assert_allclose(found.denominated[key], values, rtol=1e-12)
        values = filled(values, world["region"].tolist())
        np.testing.assert_allclose(found.imputed[key], values, rtol=1e-12)
        values = values if passes(values) else treated(values)
        np.testing.assert_allclose(found.treated[key].values, values, rtol=1e-9)
        nodes[key] = scaled(values, -1 if number % 3 == 0 else 1)
        np.testing.assert_allclose(found.normalised[key], nodes[key], rtol=1e-9)
        treatments.add(found.treated[key].treatment)
    assert treatments == {"none", "winsorised", "log"}
    for key in [*(f"p{p}" for p in range(PILLARS)), "s0", "s1", "top"]:
        children = recipe.children_of(key)
        rows = zip(*(nodes[child] for child in children), strict=True)
        nodes[key] = [geometric(row, children.values()) for row in rows]
        np.testing.assert_allclose(found.nodes[key], nodes[key], rtol=1e-9)
    order = sorted(nodes["top"], reverse=True)
    assert found.ranks.tolist() == [order.index(value) + 1 for value in nodes["top"]]
