"""What cells feel: against a loop over every record, period and cell."""

from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from riskmap.grid import felt as room
from riskmap.grid.amounts import Days
from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.column import Column
from riskmap.grid.felt import around, feel, wave_of
from riskmap.grid.kernel import fading, observed_share
from riskmap.grid.polygons import cell_areas_km2
from riskmap.grid.reach import Sources, convolve
from riskmap.grid.shard import Cut, Shard, cut, sown
from riskmap.grid.told import Dated
from riskmap.model.cube import Support
from riskmap.model.kernel import Kernel
from riskmap.model.period import period_range

MONTHS = period_range(date(2024, 1, 1), date(2024, 6, 1))
YEAR = (date(2023, 6, 1), date(2024, 12, 31))
FIRST = date(2023, 9, 1).toordinal()
FEW = settings(max_examples=25, deadline=None)
DECAY, WINDOW = Kernel("exponential", 25.0, 30), Kernel("gaussian", 20.0, window_days=(10, 75))
FOOTPRINT = Kernel("footprint", 25.0, 60)

# Two precise points, one of them off the grid, a district, and the country.
SUPPORT = np.array([Support.CELL, Support.NEAR, Support.ADM2, Support.COUNTRY, Support.NONE], np.int8)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return grid_over(shapely.box(-24.0, -29.0, -23.0, -28.2), 5)


@pytest.fixture(scope="module")
def places(grid):
    """Five places: the last is known nowhere."""
    km2 = np.zeros((5, len(grid)))
    km2[0, 4] = 250.0
    km2[2, :7] = np.arange(1.0, 8.0)
    km2[3] = 1.0
    shares = km2 / np.maximum(km2.sum(axis=1, keepdims=True), 1e-9)
    nowhere = [np.nan] * 3
    return SimpleNamespace(
        lon=np.array([-23.4, -22.6, *nowhere]),
        lat=np.array([-28.5, -28.6, *nowhere]),
        shares=sparse.csr_matrix(shares),
        km2=sparse.csr_matrix(km2),
        support=SUPPORT,
    )


def told(places, records, observed=YEAR) -> Dated:
    """Records as (place, first day after FIRST, days, value)."""
    columns = [np.array([record[k] for record in records]) for k in range(4)]
    start = FIRST + columns[1].astype(np.int64)
    at = SimpleNamespace(**vars(places) | {"of_record": columns[0].astype(np.int64)})
    return Dated(at, Days(start, start + columns[2].astype(np.int64), start), columns[3].astype(float), observed)


def felt_by(dated: Dated, grid: Grid, kernel: Kernel, *cuts: int) -> Column:
    """What the cells of a grid feel, worked out in as many shards as the cuts make of it."""
    wave, edges = wave_of(dated, MONTHS, kernel), [0, *cuts, len(grid)]
    parts = tuple(Shard(*pair) for pair in pairwise(edges))
    grids = [Grid(grid.cells[part.cells], grid.resolution) for part in parts]
    whole = Cut(grid, parts, tuple(cut(one).balls[0] for one in grids))
    return Column.joined(
        [
            feel(wave.bare(), around(wave, dated.places, sown(dated.places), whole, at), part, MONTHS)
            for at, part in enumerate(grids)
        ]
    )


def reach_of(places, grid, kernel) -> np.ndarray:
    """Weight of each place on each cell, one place at a time; shape (places, cells)."""
    rows = []
    for k in range(len(places.support)):
        share = places.shares[k].toarray()[0]
        lon, lat = (places.lon[[k]], places.lat[[k]]) if np.isfinite(places.lon[k]) else (grid.lon, grid.lat)
        amount = np.ones((1, 1)) if np.isfinite(places.lon[k]) else share[:, None]
        rows.append(convolve(Sources(lon, lat, sparse.csr_matrix(amount)), grid, kernel)[0])
    return np.stack(rows)


RECORDS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-200, 330), st.integers(1, 60), st.floats(0, 1e3)), min_size=1, max_size=12
)


@FEW
@given(records=RECORDS, kernel=st.sampled_from([DECAY, WINDOW]), known=st.booleans())
def test_sums_are_those_of_every_record_in_every_period(grid, places, records, kernel, known) -> None:
    felt = told(places, records, YEAR if known else None)
    column = felt_by(felt, grid, kernel)
    fade = fading(felt.days.last, MONTHS, kernel)
    share = np.ones(len(MONTHS))
    if known:
        inside = (felt.days.last >= YEAR[0].toordinal()) & (felt.days.last <= YEAR[1].toordinal())
        fade, share = fade * inside[:, None], observed_share(YEAR, MONTHS, kernel)
    reach = reach_of(places, grid, kernel)[felt.places.of_record]
    expected = np.einsum("r,rp,rc->pc", felt.values, fade, reach) / share[:, None]
    assert np.nan_to_num(column.values) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert (np.isnan(column.values) == ((expected <= 0) if not known else False)).all()


@FEW
@given(records=RECORDS, kernel=st.sampled_from([DECAY, WINDOW, FOOTPRINT]), random=st.randoms())
def test_the_order_of_records_changes_no_byte(grid, places, records, kernel, random) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    ours, again = (felt_by(told(places, one), grid, kernel) for one in (records, shuffled))
    assert ours.values.tobytes() == again.values.tobytes()
    assert ours.support.tobytes() == again.support.tobytes()


@FEW
@given(records=RECORDS)
def test_how_many_weights_are_held_at_a_time_changes_no_byte(grid, places, records) -> None:
    whole = felt_by(told(places, records), grid, DECAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_ROOM", 9)
        parts = felt_by(told(places, records), grid, DECAY)
    assert parts.values.tobytes() == whole.values.tobytes()
    assert parts.support.tobytes() == whole.support.tobytes()


@FEW
@given(records=RECORDS, kernel=st.sampled_from([DECAY, WINDOW, FOOTPRINT]), cut=st.integers(1, 30))
def test_how_the_grid_is_cut_changes_no_byte(grid, places, records, kernel, cut) -> None:
    """A shard feels what lies beyond its border, up to the kernel's reach, as the whole grid does."""
    whole = felt_by(told(places, records), grid, kernel)
    parts = felt_by(told(places, records), grid, kernel, cut % (len(grid) - 1) + 1)
    for name in ("values", "coverage", "support", "age_days"):
        assert getattr(parts, name).tobytes() == getattr(whole, name).tobytes(), name


@FEW
@given(records=RECORDS)
def test_a_footprint_is_the_strongest_record_in_every_period(grid, places, records) -> None:
    felt = told(places, records)
    column = felt_by(felt, grid, FOOTPRINT)
    ends = np.array([period.last_day.toordinal() for period in MONTHS])
    lasts = (felt.days.start[:, None] <= ends) & (ends <= felt.days.last[:, None])
    fade = np.where(lasts, 1.0, fading(felt.days.last, MONTHS, FOOTPRINT))
    reach = reach_of(places, grid, FOOTPRINT)
    areas = np.isnan(places.lon)
    reach[areas] = places.km2[areas].toarray() / cell_areas_km2(grid)
    product = (felt.values[:, None] * fade)[:, :, None] * reach[felt.places.of_record][:, None, :]
    assert column.values == pytest.approx(np.minimum(product.max(axis=0), 1.0), rel=1e-9, abs=1e-12)


def test_footprints_of_points_alone_need_no_polygon(grid, places) -> None:
    column = felt_by(told(places, [(0, 125, 1, 1.0)]), grid, FOOTPRINT)
    assert column.values[0].max() > 0.2


def test_support_is_the_half_that_is_known_most_finely(grid, places) -> None:
    """A strong precise event makes a cell's value precise; far from it the district's own is left."""
    day = (date(2024, 1, 31).toordinal() - FIRST, 1)
    both = felt_by(told(places, [(0, *day, 50.0), (3, *day, 1.0)]), grid, DECAY)
    assert set(both.support[0]) == {Support.CELL}
    vague = felt_by(told(places, [(0, *day, 0.01), (3, *day, 50.0)]), grid, DECAY)
    assert set(vague.support[0]) == {Support.COUNTRY}


def test_records_known_nowhere_are_felt_nowhere(grid, places) -> None:
    lost = SimpleNamespace(**{name: value[4:] for name, value in vars(places).items()})
    for kernel in (DECAY, FOOTPRINT):
        column = felt_by(told(lost, [(0, 100, 5, 3.0)]), grid, kernel)
        assert not column.values.any()
        assert set(column.support.ravel()) == {Support.CELL}


def test_a_value_below_zero_counts_by_its_size_in_support(grid, places) -> None:
    day = (date(2024, 1, 31).toordinal() - FIRST, 1)
    column = felt_by(told(places, [(0, *day, -50.0), (3, *day, 1.0)]), grid, DECAY)
    assert (column.values[0] < 0).all()
    assert set(column.support[0]) == {Support.CELL}


def test_age_is_that_of_the_newest_record_where_nothing_says_how_far_they_go(grid, places) -> None:
    felt = told(places, [(3, date(2024, 1, 21).toordinal() - FIRST, 1, 1.0)], None)
    assert felt_by(felt, grid, DECAY).age_days[:2, 0].tolist() == [10, 39]
    later = told(places, [(3, date(2024, 2, 21).toordinal() - FIRST, 1, 1.0)], None)
    assert np.isnan(felt_by(later, grid, DECAY).age_days[0]).all()
