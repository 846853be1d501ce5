"""Kernels: by hand on single records, and against loops over every pair."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskmap.grid.cells import Grid, grid_over
from riskmap.grid.kernel import EARTH_KM, fading, near, observed_share
from riskmap.model.kernel import Kernel
from riskmap.model.period import Period

MONTHS = (Period(date(2024, 1, 1)), Period(date(2024, 2, 1)))


def great_circle_km(lon, lat, grid: Grid) -> np.ndarray:
    a, b = np.radians([lon, lat])
    c, d = np.radians(grid.lon), np.radians(grid.lat)
    h = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(h))


@pytest.mark.parametrize(
    ("shape", "reach", "weight"),
    [
        ("exponential", 4.0, lambda km, length: np.exp(-km / length)),
        ("gaussian", 3.0, lambda km, length: np.exp(-(km**2) / (2 * length**2))),
        ("quartic", 1.0, lambda km, length: (1 - (km / length) ** 2) ** 2),
    ],
)
def test_weights_are_those_of_a_loop_over_all_pairs(shape, reach, weight) -> None:
    import shapely

    grid = grid_over(shapely.box(-24.0, -29.0, -22.5, -28.0), 5)
    lon, lat = np.array([-23.2, -24.5, 10.0]), np.array([-28.4, -28.9, 50.0])
    found = near(lon, lat, grid, Kernel(shape, 25.0, 90)).toarray()
    km = np.stack([great_circle_km(x, y, grid) for x, y in zip(lon, lat, strict=True)])
    assert found == pytest.approx(np.where(km <= reach * 25, weight(km, 25.0), 0.0), abs=1e-12)


def test_a_point_on_a_centre_has_the_whole_weight(seven, centre) -> None:
    kernel = Kernel("exponential", 25.0, 90)
    found = near(seven.lon[[centre]], seven.lat[[centre]], seven, kernel).toarray()[0]
    assert found[centre] == 1
    assert found.argmax() == centre


def test_an_event_of_the_last_day_has_age_zero_and_later_ones_do_not_count() -> None:
    days = np.array([date(2024, 1, 31), date(2024, 1, 1), date(2024, 2, 1), date(2024, 2, 29)])
    found = fading(np.array([day.toordinal() for day in days]), MONTHS, Kernel("exponential", 25.0, 30))
    assert found[:, 0] == pytest.approx([1, 0.5, 0, 0])
    assert found[:, 1] == pytest.approx([2 ** (-29 / 30), 2 ** (-59 / 30), 2 ** (-28 / 30), 1])


def test_a_window_counts_whole_days_and_nothing_else() -> None:
    days = np.array([date(2024, 1, 31).toordinal() - age for age in (0, 29, 30, 89, 90)])
    found = fading(days, MONTHS[:1], Kernel("exponential", 25.0, window_days=(30, 90)))
    assert found[:, 0].tolist() == [0, 0, 1, 1, 0]


def test_the_observed_share_of_a_memory_by_hand() -> None:
    kernel = Kernel("exponential", 25.0, 31)
    january = (date(2024, 1, 1), date(2024, 12, 31))
    assert observed_share(january, MONTHS, kernel) == pytest.approx([0.5, 1 - 2 ** (-60 / 31)])
    early = (date(2023, 1, 1), date(2023, 12, 31))
    assert observed_share(early, MONTHS[:1], kernel) == pytest.approx([0.5 - 2 ** (-396 / 31)])
    window = Kernel("exponential", 25.0, window_days=(0, 62))
    assert observed_share(january, MONTHS[:1], window) == pytest.approx([0.5])
    assert observed_share((date(2025, 1, 1), date(2025, 2, 1)), MONTHS, window).tolist() == [0, 0]


@given(
    st.integers(0, 2_000),
    st.integers(0, 2_000),
    st.sampled_from([Kernel("quartic", 1.0, 60), Kernel("quartic", 1.0, window_days=(90, 455))]),
)
def test_the_observed_share_is_that_of_a_sum_over_days(before, length, kernel) -> None:
    last = date(2024, 1, 31).toordinal()
    first = last - before
    ages = np.arange(20_000)
    weight = fading(last - ages, MONTHS[:1], kernel)[:, 0]
    days = last - ages
    inside = (days >= first) & (days <= first + length)
    span = (date.fromordinal(first), date.fromordinal(first + length))
    assert observed_share(span, MONTHS[:1], kernel)[0] == pytest.approx(weight[inside].sum() / weight.sum(), abs=1e-9)


def test_kernels_are_known_by_their_key() -> None:
    assert Kernel("exponential", 25, 90).key == "exponential-25km-90d"
    assert Kernel("quartic", 2.5, window_days=(0, 90)).key == "quartic-2.5km-0to90d"
