"""Equal content is equal bytes; null stays null and zero stays zero."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.errors import StoreError
from riskmap.store.tables import canonical, map_tables, write_part, write_tables

PERIODS = ("2024-01", "2024-02")
FLOATS = st.none() | st.floats(width=32, allow_infinity=False)


def one_column(array: pa.Array) -> pa.Table:
    """Cells with one more column, in canonical form."""
    cells = pa.array(range(len(array)), pa.uint64())
    return canonical({"cells": pa.table({"cell": cells, "x": array})}, ["2024"])["cells"]


@given(st.lists(FLOATS, min_size=1, max_size=20))
def test_null_stays_null_zero_stays_zero_and_nan_becomes_null(values) -> None:
    column = one_column(pa.array(values, pa.float32()))["x"]
    expected = [None if value is None or math.isnan(value) else value for value in values]
    assert column.to_pylist() == expected


@given(st.lists(FLOATS, min_size=1, max_size=20))
def test_under_each_null_lies_a_nan(values) -> None:
    array = one_column(pa.array(values, pa.float32()))["x"].chunk(0)
    under = np.frombuffer(array.buffers()[1], np.float32)
    assert np.array_equal(np.isnan(under), array.is_null().to_numpy(zero_copy_only=False))


@given(st.lists(st.none() | st.integers(-128, 127), min_size=1, max_size=20))
def test_whole_numbers_survive(values) -> None:
    assert one_column(pa.array(values, pa.int8()))["x"].to_pylist() == values


@given(st.lists(st.none() | st.text(max_size=3), min_size=1, max_size=20))
def test_texts_survive_and_an_empty_one_is_no_null(values) -> None:
    assert one_column(pa.array(values, pa.string()))["x"].to_pylist() == values


def test_bytes_do_not_depend_on_chunks_slices_metadata_or_what_lies_under_nulls(tables, tmp_path) -> None:
    plain = canonical(tables, PERIODS)
    scores = tables["scores"]
    garbage = np.nan_to_num(scores["value"].to_numpy(), nan=-7).astype(np.float32)
    hidden = pa.Array.from_buffers(pa.float32(), 14, [scores["value"].chunk(0).buffers()[0], pa.py_buffer(garbage)])
    shifted = pa.concat_tables([scores.slice(0, 1), scores])
    other = canonical(
        {
            "cells": pa.concat_tables([tables["cells"].slice(0, 3), tables["cells"].slice(3)]),
            "scores": shifted.slice(1).set_column(2, "value", hidden).replace_schema_metadata({"a": "b"}),
            "indicators": tables["indicators"],
        },
        PERIODS,
    )
    for number, version in enumerate((plain, other)):
        (tmp_path / str(number)).mkdir()
        write_tables(tmp_path / str(number), version)
    names = sorted(path.name for path in (tmp_path / "0").iterdir())
    stems = ["cells", *(f"{name}.{label}" for name in ("scores", "indicators") for label in PERIODS)]
    assert names == sorted(f"{stem}.{kind}" for stem in stems for kind in ("arrow", "parquet"))
    for name in names:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes(), name


def test_both_forms_say_the_same_and_the_mapped_one_is_not_compressed(tables, tmp_path) -> None:
    write_tables(tmp_path, canonical(tables, PERIODS))
    mapped = map_tables(tmp_path, PERIODS)
    assert set(mapped) == {"cells", "scores", "indicators"}
    for name, table in mapped.items():
        assert table.equals(tables[name])
        stems = ["cells"] if name == "cells" else [f"{name}.{label}" for label in PERIODS]
        assert all(column.num_chunks == len(stems) for column in table.columns)
        parquet = [pq.read_table(tmp_path / f"{stem}.parquet") for stem in stems]
        assert pa.concat_tables(parquet).equals(table)
        for place, stem in enumerate(stems):
            values = table.column(table.num_columns - 1).chunk(place).buffers()[1].to_pybytes()
            assert values in (tmp_path / f"{stem}.arrow").read_bytes()


def test_a_part_written_alone_is_to_the_byte_that_of_the_whole(tables, tmp_path) -> None:
    for folder in ("whole", "alone"):
        (tmp_path / folder).mkdir()
    write_tables(tmp_path / "whole", canonical(tables, PERIODS))
    write_part(tmp_path / "alone", "scores", PERIODS[1], tables["scores"].slice(7))
    for path in (tmp_path / "alone").iterdir():
        assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes(), path.name


def without(table: pa.Table, column: str) -> pa.Table:
    return table.drop_columns([column])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.pop("cells"), "needs a table 'cells'"),
        (lambda t: t.update(cells=t["cells"].slice(0, 0)), "at least one row"),
        (lambda t: t.update(cells=without(t["cells"], "cell")), "'cell' of uint64"),
        (lambda t: t.update(cells=t["cells"].set_column(0, "cell", pa.nulls(7, pa.uint64()))), "without nulls"),
        (lambda t: t.update(cells=t["cells"].take([1, 0, 2, 3, 4, 5, 6])), "sorted by cell"),
        (lambda t: t.update(cells=t["cells"].take([0, 0, 2, 3, 4, 5, 6])), "each cell once"),
        (lambda t: t.update(scores=t["scores"].slice(0, 7)), "'scores' must hold every cell of every period"),
        (lambda t: t.update(scores=t["scores"].take([*range(7, 14), *range(7)])), "'period' does not"),
        (lambda t: t.update(scores=t["scores"].take([1, 0, *range(2, 14)])), "'cell' does not"),
        (lambda t: t.update(indicators=without(t["indicators"], "period")), "'indicators' must hold"),
        (lambda t: t.update(cells=t["cells"].append_column("x", pa.array([{"a": 1}] * 7))), "cannot be stored"),
    ],
)
def test_tables_that_do_not_fit_together_are_refused(tables, spoil, message) -> None:
    spoil(tables)
    with pytest.raises(StoreError, match=message):
        canonical(tables, PERIODS)


def test_a_snapshot_without_periods_is_refused(tables) -> None:
    with pytest.raises(StoreError, match="at least one period"):
        canonical(tables, [])
