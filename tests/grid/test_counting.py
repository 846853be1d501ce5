"""Counting: sums that are right to the last digit, however the rows are cut, ordered, or spread over machines."""

import math
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import h3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap.errors import InputError, PlacementError
from riskmap.grid.counting import NO_DAY, NO_VALUE, OFF_EARTH, join_sums, period_starts, sum_points
from riskmap.model.period import floor

DAYS = st.dates(date(1899, 12, 25), date(2031, 1, 8))
VALUES = st.floats(-1e9, 1e9).map(lambda value: value if abs(value) > 1e-3 else 0.1)
ROWS = st.lists(
    st.tuples(st.sampled_from([45.0, 45.2, 46.0, -180.0]), st.sampled_from([2.0, 2.1, -60.0]), DAYS, VALUES),
    max_size=40,
)
STEPS = st.sampled_from(["day", "week", "month", "quarter", "year"])
MANY = 1_300_000


def table(rows) -> pa.Table:
    lon, lat, day, value = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "lon": pa.array(lon, pa.float64()),
            "lat": pa.array(lat, pa.float64()),
            "day": pa.array(day, pa.date32()),
            "value": pa.array(value, pa.float64()),
        }
    )


def crowd(count: int, seed: int = 1) -> pa.Table:
    chance = np.random.default_rng(seed)
    return pa.table(
        {
            "lon": chance.uniform(44, 46, count),
            "lat": chance.uniform(1, 3, count),
            "day": pa.array(chance.integers(19_000, 19_400, count).astype(np.int32)).cast(pa.date32()),
            "value": chance.gamma(2, 3, count),
        }
    )


def columns(found) -> list[bytes]:
    return [one.tobytes() for one in (found.cells, found.periods, found.sums, found.rests, found.counts)]


@settings(max_examples=80, deadline=None)
@given(ROWS, STEPS, st.integers(0, 11))
def test_sums_are_those_of_plain_python(rows, step, resolution) -> None:
    """Cells by the reference, periods by the calendar, sums exactly rounded."""
    expected = defaultdict(list)
    for lon, lat, day, value in rows:
        cell = h3.str_to_int(h3.latlng_to_cell(lat, lon, resolution))
        expected[cell, np.datetime64(floor(day, step), "D")].append(value)
    found = sum_points(table(rows), resolution, step)
    keys = list(zip(found.cells.tolist(), found.periods, strict=True))
    assert keys == sorted(expected)
    assert found.sums.tolist() == [math.fsum(expected[key]) for key in keys]
    assert found.counts.tolist() == [len(expected[key]) for key in keys]
    assert found.cells.dtype == np.uint64
    assert set(found.refused.values()) == {0}


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False), st.integers(0, 40))
def test_order_of_rows_and_number_of_parts_do_not_matter(rows, chance, cut) -> None:
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    whole = sum_points(table(rows), 5)
    parts = [sum_points(table(part), 5) for part in (shuffled[cut:], shuffled[:cut])]
    joined = join_sums(parts)
    assert (joined.cells.tolist(), joined.sums.tolist()) == (whole.cells.tolist(), whole.sums.tolist())
    assert (joined.counts.tolist(), len(joined)) == (whole.counts.tolist(), len(whole))


def test_a_file_and_a_table_give_the_same_bytes_whatever_the_row_groups(tmp_path) -> None:
    points = crowd(MANY)
    whole = sum_points(points, 6)
    assert int(whole.counts.sum()) == MANY
    assert whole.sums.sum() == pytest.approx(math.fsum(points["value"].to_pylist()), rel=1e-13)
    for group in (70_001, 1_000_000):
        pq.write_table(points.append_column("note", pa.nulls(MANY)), tmp_path / "points.parquet", row_group_size=group)
        assert columns(sum_points(tmp_path / "points.parquet", 6)) == columns(whole)


def test_what_is_refused_is_told_by_its_first_reason() -> None:
    day, low, high = date(2024, 2, 29), -1e9, 1e9
    rows = [
        (45.0, 2.0, day, 1.0),
        (None, 2.0, day, 1.0),
        (45.0, 91.0, day, 1.0),
        (math.inf, 2.0, None, 1.0),
        (45.0, 2.0, None, 1.0),
        (45.0, 2.0, day, None),
        (45.0, 2.0, day, math.nan),
        (45.0, 2.0, day, math.inf),
        (405.0, 2.0, day, low),
        (-315.0, 2.0, day, high),
    ]
    found = sum_points(table(rows), 7)
    assert dict(found.refused) == {OFF_EARTH: 4, NO_DAY: 1, NO_VALUE: 3}
    assert (found.counts.tolist(), found.sums.tolist()) == ([2], [1e9 + 1])
    assert found.periods.tolist() == [date(2024, 2, 1)]


def test_days_beyond_the_calendar_are_not_known() -> None:
    points = table([(45.0, 2.0, date(2024, 1, 1), 1.0)] * 2)
    days = pa.array(np.array([3_000_000, -800_000], np.int32)).cast(pa.date32())
    found = sum_points(points.set_column(2, "day", days), 5)
    assert (len(found), found.refused[NO_DAY]) == (0, 2)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_moments_count_on_their_day_even_before_1970(unit) -> None:
    texts = ["1969-12-31T23:59:59", "1970-01-01T00:00:00", "2024-01-31T23:59:00"]
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]
    points = table([(45.0, 2.0, date(2024, 1, 1), 1.0)] * 3)
    found = sum_points(points.set_column(2, "day", pa.array(moments, pa.timestamp(unit))), 5)
    assert found.periods.tolist() == [date(1969, 12, 1), date(1970, 1, 1), date(2024, 1, 1)]


def test_whole_numbers_and_utc_are_taken_as_they_are() -> None:
    points = pa.table(
        {
            "lon": pa.array([45], pa.int32()),
            "lat": pa.array([2], pa.float32()),
            "day": pa.array([datetime(2024, 1, 31, 23, tzinfo=UTC)], pa.timestamp("s", "UTC")),
            "value": pa.array([7], pa.uint8()),
        }
    )
    found = sum_points(points, 5, "year")
    assert (found.sums.tolist(), found.periods.tolist()) == ([7.0], [date(2024, 1, 1)])


@settings(max_examples=50)
@given(DAYS, st.integers(0, 800), STEPS)
def test_periods_begin_where_the_calendar_says(day, count, step) -> None:
    starts = period_starts(day.toordinal(), day.toordinal() + count, step)
    assert starts.tolist() == [floor(day + timedelta(days=more), step).toordinal() for more in range(count + 1)]


def test_a_sum_keeps_what_rounding_takes() -> None:
    rows = [(45.0, 2.0, date(2024, 1, 1), value) for value in (1e16, *[1.0] * 9, -1e16)]
    assert sum_points(table(rows), 5).sums.tolist() == [9.0]
    assert join_sums([sum_points(table([row]), 5) for row in rows]).sums.tolist() == [9.0]


def test_what_cannot_be_summed_is_refused_in_words(tmp_path) -> None:
    points = table([(45.0, 2.0, date(2024, 1, 1), 1.0)])
    with pytest.raises(PlacementError, match="0 to 11, not 12"):
        sum_points(points, 12)
    with pytest.raises(InputError, match="the table: has no column 'value'"):
        sum_points(points.drop_columns("value"), 5)
    with pytest.raises(InputError, match="field 'day': is double and must be a date"):
        sum_points(points.set_column(2, "day", points["lon"]), 5)
    with pytest.raises(InputError, match="field 'lon': is string and must be a number"):
        sum_points(points.set_column(0, "lon", pa.array(["45"])), 5)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    for name in ("broken.parquet", "missing.parquet"):
        with pytest.raises(InputError, match=f"{name}: cannot be read as Parquet"):
            sum_points(tmp_path / name, 5)
    with pytest.raises(PlacementError, match=r"resolutions \[5, 6\] cannot be joined"):
        join_sums([sum_points(points, 5), sum_points(points, 6)])
