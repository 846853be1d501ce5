"""What `riskmap recipe` answers: a recipe with what each part really weighs, and what moved between two."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from riskmap.pipeline.compare_report import MOVERS
from riskmap.pipeline.report import as_json_text, as_text, titled
from riskmap.publish.recipe_change import RecipeChange
from riskmap.score.difference import AnyRecipe, load_any, recipe_changes
from riskmap.score.tree import Tree


def recipe_report(name: str, *, as_json: bool) -> str:
    """A recipe's tree: how each node is made, and the share of the index that each part carries."""
    recipe = load_any(name)
    tree = recipe.tree()
    weights = tree.effective_weights()
    if as_json:
        told = {"name": recipe.name, "title": recipe.title, "version": recipe.version, "hash": recipe.hash}
        nodes = [
            {"id": one.key, "method": one.method, "children": one.children, "effective_weight": weights[one.key]}
            for one in tree.nodes
        ]
        return as_json_text(told | {"nodes": nodes})
    table = titled(f"{recipe.title} ({recipe.name} {recipe.version})", "part", "made by", "share of the index")
    for key, depth in _downwards(tree, tree.index, 0):
        node = tree.node(key)
        table.add_row("  " * depth + key, node.method if node.children else "", f"{weights[key]:.2%}")
    return as_text(table) + f"\nhash {recipe.hash}"


def difference_report(before: AnyRecipe, after: AnyRecipe, change: RecipeChange | None = None, *, as_json: bool) -> str:
    """What moved between two recipes, a line each.

    Args:
        before: The first recipe.
        after: The second one, of the same kind.
        change: What that does to a snapshot, told too where it is given.
        as_json: Whether to answer in JSON.

    Raises:
        RecipeError: One scores cells and the other tables of units.
    """
    changes = recipe_changes(before, after)
    if as_json:
        parts = ("where", "what", "before", "after", "words")
        listed = [{part: getattr(one, part) for part in parts} for one in changes]
        told = {"before": before.hash, "after": after.hash, "changes": listed}
        return as_json_text(told | ({} if change is None else {"moved": _moved(change)}))
    lines = [one.words for one in changes] or ["nothing moved"]
    return "\n".join([*lines, *([] if change is None else [*change.limits, _summary(change)])])


def _moved(change: RecipeChange) -> dict[str, Any]:
    """How a snapshot's cells move, as JSON has it."""
    sides = zip(("before", "after"), change.held, strict=True)
    return {
        "snapshot": change.snapshot.id,
        "period": change.comparison.period,
        "counts": change.comparison.counts(),
        "transitions": [asdict(one) for one in change.comparison.transitions()],
        "movers": change.comparison.movers(MOVERS),
        "as_stored": {
            side: {"indicators": held.taken, "unmeasured": held.unmeasured, "recipe": held.unmoved}
            for side, held in sides
        },
    }


def _summary(change: RecipeChange) -> str:
    """How a snapshot's cells move, in one line."""
    counts, largest = change.comparison.counts(), change.comparison.movers(1)
    lead = f"snapshot {change.snapshot.id}, {change.comparison.period}: "
    if not counts["compared"]:
        return f"{lead}no cell is scored in both"
    told = f"{counts['changed_class']:,} cells change class of {counts['compared']:,} scored in both"
    means = f"mean move {counts['mean_move']:.2f}"
    biggest = "; ".join(f"{one['moved']:+.2f} in {one['cell']} {one['place']}".strip() for one in largest)
    return f"{lead}{told}, {means}, biggest {biggest or 'below 0.05'}"


def _downwards(tree: Tree, key: str, depth: int) -> list[tuple[str, int]]:
    found = [(key, depth)]
    for child in tree.node(key).children:
        found += _downwards(tree, child, depth + 1)
    return found
