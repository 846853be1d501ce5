"""Recipe map: how one snapshot's cells move from recipe to recipe, as one page; it asks for nothing, runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from riskmap.publish.delta_map import moved_sections
from riskmap.publish.page import Markup, Section, element, facts, page, said, write_page
from riskmap.publish.recipe_change import RecipeChange
from riskmap.publish.words import MEANING
from riskmap.score.difference import recipe_changes
from riskmap.score.recipe import Recipe


def write_recipe_map(change: RecipeChange, path: Path) -> Path:
    """Writes the page.

    Raises:
        LicenceForbids: A licence does not let what is made from the snapshot leave.
        StoreError: The file cannot be written.
    """
    change.snapshot.check_may_leave()
    return write_page(path, recipe_map(change))


def recipe_map(change: RecipeChange) -> str:
    """The page, as HTML."""
    case = change.snapshot.manifest["case"]
    moved = [one.words for one in recipe_changes(change.before, change.after)]
    first, second = change.names
    lead = [
        element("p", f"{MEANING}. A cell that cannot be compared is hatched: unknown is not the same as unchanged."),
        facts({
            first: _recipe(change.before),
            second: _recipe(change.after),
            "snapshot": f"{change.snapshot.id}: {case['title']}",
            "period": change.comparison.period,
        }),
        said("The indicators that the snapshot has stored, scored with either recipe; the data are the same."),
    ]  # fmt: skip
    sections = [
        *moved_sections(change.comparison, change.names),
        Section("What the recipes say otherwise", [_list(moved, "Nothing.")]),
        Section("What stored indicators cannot show", _limits(change)),
        Section("Credits", [element("p", line) for line in change.snapshot.credits]),
    ]
    return page(f"From {first} to {second}: {case['title']}", lead, sections, synthetic=case["synthetic"])


def _limits(change: RecipeChange) -> list[Markup]:
    note = said(
        "How an indicator is measured (kernel, half-life, window, people, transform, feeds) cannot be done again from"
        " its stored values. One that a recipe measures otherwise than the snapshot did is taken as stored: it keeps"
        " the score that the snapshot has of it, between the goalposts it had, and only its weight and place move."
        " Build with the recipe, and compare the snapshots, to see the rest."
    )
    return [note, _list(change.limits, "Nothing: both recipes measure as the snapshot did.")]


def _recipe(recipe: Recipe) -> str:
    return f"{recipe.title} ({recipe.name} {recipe.version}, hash {recipe.hash[:12]})"


def _list(lines: Sequence[str], none: str) -> Markup:
    return element("ul", *(element("li", line) for line in lines)) if lines else said(none)
