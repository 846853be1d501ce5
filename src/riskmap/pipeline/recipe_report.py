"""What `riskmap recipe` answers: a recipe with what each part really weighs, and what moved between two."""

from __future__ import annotations

from riskmap.pipeline.report import as_json_text, as_text, titled
from riskmap.score.difference import load_any, recipe_changes
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


def difference_report(before: str, after: str, *, as_json: bool) -> str:
    """What moved between two recipes, a line each."""
    one, other = load_any(before), load_any(after)
    changes = recipe_changes(one, other)
    if as_json:
        parts = ("where", "what", "before", "after", "words")
        listed = [{part: getattr(change, part) for part in parts} for change in changes]
        return as_json_text({"before": one.hash, "after": other.hash, "changes": listed})
    return "\n".join(change.words for change in changes) or "nothing moved"


def _downwards(tree: Tree, key: str, depth: int) -> list[tuple[str, int]]:
    found = [(key, depth)]
    for child in tree.node(key).children:
        found += _downwards(tree, child, depth + 1)
    return found
