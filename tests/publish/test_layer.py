"""Properties of a tile: read back by an independent decoder."""

import mapbox_vector_tile
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.publish import mvt
from riskmap.publish.layer import cell_column, hundredths, layer_bytes, number_column, tags_of, whole_column
from riskmap.publish.outlines import Parts, Place, Rings

NUMBERS = st.none() | st.floats(-1000, 1000).map(lambda value: round(value, 2))
WHOLE = st.integers(-64, 63)


def squares(count: int) -> tuple[Rings, Parts]:
    """So many squares of one unit at zoom 0, side by side."""
    unit = 1 << 18
    x = np.zeros((count, 10), np.int32)
    x[:, 1:3] = unit
    y = np.zeros((count, 10), np.int32)
    y[:, 2:4] = unit
    x += (np.arange(count, dtype=np.int32) * unit)[:, None]
    rings = Rings(x, y, np.full(count, 4, np.int8))
    return rings, Parts(np.arange(count), np.zeros(count, np.int64))


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, WHOLE), min_size=1, max_size=30))
def test_what_is_written_is_read_again_and_unknown_is_left_out(rows) -> None:
    def floats(index):
        return np.array([np.nan if row[index] is None else row[index] for row in rows])

    cells = np.arange(len(rows), dtype=np.uint64) + np.uint64(0x85BD1B27FFFFFFF)
    columns = [
        cell_column("cell", cells),
        number_column("a", hundredths(floats(0))),
        number_column("b", hundredths(floats(1))),
        whole_column("c", np.array([row[2] for row in rows], np.int8)),
    ]
    rings, parts = squares(len(rows))
    features = mvt.encode(rings, parts, tags_of(columns), Place(0, 0, 0))
    layer = mapbox_vector_tile.decode(layer_bytes("name", features, columns))["name"]
    assert (layer["extent"], layer["version"]) == (4096, 2)
    assert [feature["id"] for feature in layer["features"]] == list(range(1, len(rows) + 1))
    for feature, cell, (a, b, c) in zip(layer["features"], cells, rows, strict=True):
        expected = {"cell": f"{cell:x}", "a": a, "b": b, "c": c}
        assert feature["properties"] == {key: value for key, value in expected.items() if value is not None}


def test_zero_is_a_value_and_nan_is_none() -> None:
    column = number_column("a", np.array([0.0, np.nan, -0.0]))
    assert (column.codes.tolist(), column.count) == ([0, -1, 0], 1)


def test_equal_values_are_written_once() -> None:
    column = number_column("a", np.array([250.0, 100.0, 250.0]))
    assert (column.codes.tolist(), column.count, len(column.values)) == ([1, 0, 1], 2, 22)


def test_a_long_name_has_its_length_in_two_bytes() -> None:
    assert list(mapbox_vector_tile.decode(layer_bytes("n" * 200, b"", []))) == ["n" * 200]


def test_rounding_is_to_the_nearest_hundredth() -> None:
    assert hundredths(np.array([0.004, 0.006, np.nan])).tolist()[:2] == [0, 1]
