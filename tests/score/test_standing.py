"""Weights as they stand in a cell: what is missing hands its share to its neighbours in the tree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.score.index import score_cube
from riskmap.score.standing import cell_weights, counted


def test_what_is_missing_hands_its_weight_to_the_others_of_its_branch(small, cube) -> None:
    """Cell 0 knows all; cell 1 lacks z, so that A1 carries all of A; cell 2 lacks x, so that y carries all of A1."""
    world = {"t:x": [[1, 1, None]], "t:y": [[2, 2, 2]], "t:z": [[1, None, 1]], "t:w": [[1, 1, 1]]}
    score = score_cube(cube(world), small, 1)
    found = {key: values[0].tolist() for key, values in cell_weights(score, small).items()}
    assert found["x"] == pytest.approx([0.15, 0.25, 0])
    assert found["y"] == pytest.approx([0.15, 0.25, 0.3])
    assert found["z"] == pytest.approx([0.2, 0, 0.2])
    assert found["w"] == pytest.approx([0.5, 0.5, 0.5])


def test_an_indicator_of_a_component_that_does_not_count_carries_nothing(small, cube) -> None:
    strict = small.model_copy(update={"thresholds": small.thresholds.model_copy(update={"component": 0.75})})
    score = score_cube(cube({"t:x": [[1]], "t:z": [[1]], "t:w": [[1]]}), strict, 1)
    assert not counted(score, strict)["x"][0, 0]
    assert cell_weights(score, strict)["x"][0, 0] == 0
    assert cell_weights(score, strict)["z"][0, 0] == pytest.approx(0.5)


@given(known=st.lists(st.booleans(), min_size=4, max_size=4))
def test_they_sum_to_one_wherever_anything_counts(small, cube, known) -> None:
    names = ("t:x", "t:y", "t:z", "t:w")
    world = {name: [[1.0 if here else None]] for name, here in zip(names, known, strict=True)}
    score = score_cube(cube(world), small, 1)
    total = np.sum(list(cell_weights(score, small).values()))
    assert total == pytest.approx(1 if any(known) else 0)
