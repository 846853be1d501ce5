"""Coarser cells and administrative units of a snapshot: their children's people, exactly, and their people's scores."""

from dataclasses import replace
from datetime import date

import h3
import numpy as np
import pytest

import riskmap
from riskmap.grid.cells import Grid, parents
from riskmap.model.cube import Cube, Measure, Support
from riskmap.model.period import period_range
from riskmap.pipeline.rolling import Seen, parents_table
from riskmap.score.index import score_cube
from riskmap.score.recipe import parse_recipe

LAST = 17


@pytest.fixture(scope="module")
def cells(sample):
    """Cells of the sample in its last period."""
    table = sample.table("cells").to_pandas()[["cell", "population", "admin2_pcode"]]
    return table.assign(value=sample.column("scores", "value", LAST).astype(float))


def of(sample: riskmap.Snapshot, name: str):
    table = sample.table(name).to_pandas()
    return table[table["period"] == LAST]


def test_parents_at_every_coarser_resolution_have_their_childrens_people(sample, cells) -> None:
    found = of(sample, "parents")
    assert found["resolution"].unique().tolist() == [5, 4, 3, 2, 1]
    below = None
    for resolution, rows in sorted(found.groupby("resolution"), reverse=True):
        above = parents(cells["cell"].to_numpy(), int(resolution))
        people = cells.groupby(above)["population"].sum()
        assert (rows["cell"].to_numpy() == np.unique(above)).all()
        assert rows["people"].fillna(0).to_numpy() == pytest.approx(people.to_numpy(), abs=1e-6)
        if below is not None:
            children = below["people"].groupby(parents(below["cell"].to_numpy(), int(resolution))).sum()
            assert (rows["people"].fillna(0).to_numpy() == children.to_numpy()).all(), "children sum to it exactly"
        below = rows


def test_a_parents_score_is_its_peoples_mean_and_what_nine_in_ten_live_at_or_below(sample, cells) -> None:
    rows = of(sample, "parents")
    parent = rows[rows["resolution"] == 4].iloc[5]
    inside = cells[parents(cells["cell"].to_numpy(), 4) == parent["cell"]]
    scored = inside[inside["value"].notna() & (inside["population"] > 0)].sort_values("value")
    mean = np.average(scored["value"], weights=scored["population"])
    assert parent["value"] == pytest.approx(mean, rel=1e-6)
    below = scored["population"].cumsum() >= 0.9 * scored["population"].sum() * (1 - 1e-12)
    assert parent["upper"] == pytest.approx(scored["value"][below].iloc[0], rel=1e-6)
    lost = inside.loc[inside["value"].isna(), "population"].sum() / inside["population"].sum()
    assert parent["unknown_share"] == pytest.approx(lost, abs=1e-6)


def test_every_level_of_areas_has_all_the_people(sample, cells) -> None:
    areas = of(sample, "areas")
    assert set(areas["level"]) == {0, 1, 2}
    for _, rows in areas.groupby("level"):
        assert rows["people"].sum() == pytest.approx(cells["population"].sum(), rel=1e-9)
        assert rows["pcode"].is_monotonic_increasing
    country = areas[areas["level"] == 0].iloc[0]
    known = cells[cells["value"].notna()]
    assert country["value"] == pytest.approx(np.average(known["value"], weights=known["population"]), rel=1e-6)


def test_what_is_told_of_areas_and_parents_has_an_interval_around_it(sample) -> None:
    for name in ("areas", "parents"):
        rows = of(sample, name).dropna(subset=["value"])
        assert ((rows["q05"] <= rows["value"]) & (rows["value"] <= rows["q95"])).all()
        assert (rows["people_at_risk_q05"] <= rows["people_at_risk"] * (1 + 1e-6)).all()
        assert (rows["people_at_risk"] * (1 - 1e-6) <= rows["people_at_risk_q95"]).all()
        assert (rows["people_at_risk_q95"] <= rows["people"] * (1 + 1e-6)).all()


def test_people_at_risk_add_up_over_areas(sample) -> None:
    areas = of(sample, "areas")
    told = np.nansum(sample.column("scores", "people_at_risk", LAST).astype(float))
    for _, rows in areas.groupby("level"):
        assert rows["people_at_risk"].sum() == pytest.approx(told, rel=1e-4)


RECIPE = """
name = "two"
title = "Two"
version = "1"
population = ["t:people"]
[thresholds]
indicator = 0.5
component = 0.5
insufficient = 0.5
partial = 0.5
[aggregation]
component = "arithmetic"
dimension = "arithmetic"
index = "arithmetic"
parents = "recomputed"
[[classes]]
name = "low"
below = 5.0
[[classes]]
name = "high"
[dimensions.d]
label = "D"
weight = 1.0
[components.c]
dimension = "d"
label = "C"
weight = 1.0
[indicators.rate]
component = "c"
label = "Events per person"
unit = "1"
weight = 1.0
per = "population"
goalposts = [0, 1]
feeds = [{ measure = "t:events" }]
"""


def test_a_recipe_may_have_parents_scored_anew_from_their_own_measures() -> None:
    """Seven events among 10 people and none among 90 are 0.07 a person; the mean of scores by people is the same here,
    but not where the rate passes the upper goalpost: 70 events among 10 are 7 a person, cut to 1."""
    recipe = parse_recipe(RECIPE, "two.toml")
    assert recipe.high_class == 1
    parent = h3.latlng_to_cell(-28.5, -23.5, 5)
    inside = np.array(sorted(h3.str_to_int(one) for one in h3.cell_to_children(parent, 6))[:2], np.uint64)
    months = period_range(date(2024, 1, 1), date(2024, 1, 1))
    amounts = {"t:people": np.array([[10.0, 90.0]]), "t:events": np.array([[70.0, 0.0]])}
    cube = Cube(inside, months, {name: measure(name, values) for name, values in amounts.items()})
    score = score_cube(cube, recipe, 1)
    grid = Grid(inside, 6)
    anew = parents_table(Seen.of(score), cube, grid, recipe).to_pandas()
    assert anew["value"].tolist() == pytest.approx([7.0] * len(anew)), "70 events among 100 people"
    plain = recipe.model_copy(update={"aggregation": recipe.aggregation.model_copy(update={"parents": "mean"})})
    mean = parents_table(Seen.of(score), cube, grid, plain).to_pandas()
    assert mean["value"].tolist() == pytest.approx([1.0] * len(mean)), "10 of 100 people at 10, the others at 0"
    felt = replace(cube.measures["t:events"], name="t:events@kernel")
    cube = Cube(inside, months, {**cube.measures, "t:events@kernel": felt})
    assert len(parents_table(Seen.of(score), cube, grid, recipe)) == len(anew)


def measure(name: str, values: np.ndarray) -> Measure:
    shape = values.shape
    return Measure(
        name,
        values,
        np.ones(shape, np.float32),
        np.full(shape, Support.CELL, np.int8),
        np.zeros(shape, np.float32),
        "people",
        "extensive",
        "",
    )
