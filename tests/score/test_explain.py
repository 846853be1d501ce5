"""Parts of one index value: by hand for two dimensions, and adding up for any cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import CellUnknown, PeriodUnknown
from riskmap.score.explain import contributions
from riskmap.score.index import score_cube

leaf = st.one_of(st.none(), st.floats(0, 1))


def one_cell(cube, x, y, z, w):
    return cube({"t:x": [[x]], "t:y": [[y]], "t:z": [[z]], "t:w": [[w]]})


def test_two_dimensions_of_one_component_each_by_hand(small, cube) -> None:
    """A = 8 (of A2 alone), B = 2, index 4: A brings 8 when first, 4 - 2 when second; B brings 2 or 4 - 8."""
    parts = contributions(score_cube(one_cell(cube, None, None, 3.2, 0.2), small, 1), small, 0, 0)
    assert parts.dimensions == pytest.approx({"a": (8 + 2) / 2, "b": (2 - 4) / 2})
    assert parts.components == pytest.approx({"a2": 5, "b1": -1})


def test_components_inside_a_dimension_by_hand(small, cube) -> None:
    """Orders that keep A1 and A2 together: (A1 A2 B), (A2 A1 B), (B A1 A2), (B A2 A1), each as likely.

    A1 = 3, A2 = 10, B = 5, so that A = 7.4488 and the index 6.1028.
    """
    whole_a = (10 - 7.3**0.6) / 0.9
    index = (whole_a * 5) ** 0.5
    first_a1 = [3, whole_a - 10, 15**0.5 - 5, index - 50**0.5]
    first_a2 = [whole_a - 3, 10, index - 15**0.5, 50**0.5 - 5]
    parts = contributions(score_cube(one_cell(cube, 4, 80, 4, 0.5), small, 1), small, 0, 0)
    assert parts.components["a1"] == pytest.approx(np.mean(first_a1))
    assert parts.components["a2"] == pytest.approx(np.mean(first_a2))
    assert parts.dimensions["b"] == pytest.approx((5 + index - whole_a) / 2)


@given(x=leaf, y=leaf, z=leaf, w=leaf)
def test_parts_sum_to_the_value_and_to_their_dimension(small, cube, x, y, z, w) -> None:
    given_values = (
        None if share is None else share * top for share, top in zip((x, y, z, w), (10, 100, 4, 1), strict=True)
    )
    score = score_cube(one_cell(cube, *given_values), small, 1)
    parts = contributions(score, small, 0, 0)
    if np.isnan(score.value[0, 0]):
        assert parts.dimensions == parts.components == {}
        return
    assert sum(parts.dimensions.values()) == pytest.approx(score.value[0, 0], abs=1e-9)
    for key, part in parts.dimensions.items():
        inner = [parts.components[c] for c in small.components_of(key) if c in parts.components]
        assert sum(inner) == pytest.approx(part, abs=1e-9)
    assert {key for key in small.components if not np.isnan(score.nodes[key])} == set(parts.components)


def test_equal_parts_share_equally(small, cube) -> None:
    """Everything at 6: each dimension brings 3, and components share theirs evenly, since none moves the mean."""
    parts = contributions(score_cube(one_cell(cube, 6, 40, 2.4, 0.6), small, 1), small, 0, 0)
    assert parts.dimensions == pytest.approx({"a": 3, "b": 3})
    assert parts.components == pytest.approx({"a1": 1.5, "a2": 1.5, "b1": 3})


def test_places_that_are_not_there(small, cube) -> None:
    score = score_cube(one_cell(cube, 1, 1, 1, 1), small, 1)
    with pytest.raises(CellUnknown, match="no cell at position 1; there are 1"):
        contributions(score, small, 1, 0)
    with pytest.raises(PeriodUnknown, match="no period at position -1; there are 1"):
        contributions(score, small, 0, -1)
