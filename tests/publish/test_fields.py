"""What may be asked of a snapshot, and how codes become words."""

import numpy as np
import pyarrow as pa
import pytest

from riskmap.errors import FieldUnknown
from riskmap.model.cube import Support
from riskmap.model.score import Status
from riskmap.publish.fields import SURE, USUAL, chosen_fields, fields_of, read_field
from riskmap.publish.words import GRADE, STATUS, SUPPORT, class_names, nodes_of
from riskmap.score.reliability import GRADES


def test_every_field_can_be_read(small) -> None:
    rows = np.arange(len(small.cells))
    for name, field in fields_of(small).items():
        values = read_field(small, field, 1, rows)
        assert len(values) == len(rows), name


def test_names_cover_index_parts_measurements_and_place(small, world) -> None:
    names = set(fields_of(small))
    assert set(USUAL) | {"value"} | set(world.nodes) <= names
    assert {"raids.value", "raids.coverage", "raids.support", "raids.age_days", "raids.feed", "population"} <= names
    assert "rents.value" not in names
    assert not {"ring_x", "ring_n", "cell", "period"} & names


def test_score_and_value_are_the_same(small) -> None:
    rows = np.array([3, 0])
    score, value = (read_field(small, fields_of(small)[name], 1, rows) for name in ("score", "value"))
    assert score.equals(value)


def test_codes_are_told_in_words_and_unknown_is_null(small) -> None:
    rows = np.array([4, 0, 3])
    told = {name: read_field(small, field, 0, rows).to_pylist() for name, field in fields_of(small).items()}
    assert told["class"] == [None, "very low", "low"]
    assert told["status"] == ["insufficient", "scored", "partial"]
    assert told["raids.feed"] == [None, "acled:raids", "acled:raids"]
    assert told["raids.support"] == [None, "the whole district (admin 2)", "the whole district (admin 2)"]
    assert told["raids.value"] == [None, 0.0, 21.0]
    assert read_field(small, fields_of(small)["class"], 0, rows).type == pa.string()


def test_how_sure_a_score_is_can_be_asked_where_it_was_reckoned(island, small) -> None:
    assert set(SURE) <= set(fields_of(island))
    assert not set(SURE) & set(fields_of(small))
    rows = np.arange(len(island.cells))
    told = {name: read_field(island, fields_of(island)[name], 0, rows).to_pylist() for name in (*SURE, "status")}
    assert {grade for grade in told["grade"] if grade is not None} <= set(GRADES)
    for status, grade, chance in zip(told["status"], told["grade"], told["p_high"], strict=True):
        assert (status == "insufficient") == (grade is None) == (chance is None)


def test_every_code_has_its_words() -> None:
    assert set(STATUS) == set(Status)
    assert set(SUPPORT) == set(Support)
    assert list(GRADE.values()) == list(GRADES)


def test_fields_are_chosen_in_the_order_asked(small) -> None:
    assert list(chosen_fields(small, ["class", "score", "class"])) == ["class", "score"]


def test_unknown_fields_are_all_named(small) -> None:
    with pytest.raises(FieldUnknown, match=r"'luck', 'ring_x'; it has .*score"):
        chosen_fields(small, ["score", "luck", "ring_x"])


def test_parts_of_the_index_come_in_the_order_of_the_recipe(small, world) -> None:
    assert tuple(nodes_of(small)) == world.nodes
    assert class_names(small) == [name for name, _ in world.classes]
