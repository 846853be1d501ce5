"""Tracks: charts one line high, whose lengths are shares of their width."""

import math
import re

import pytest

from riskmap.publish.tracks import bar, columns, hatching, key, stack, swing, tile


def rects(svg):
    return re.findall(r'<rect x="([\d.]+)%" y="[\d.]+" width="([\d.]+)%"', svg)


def test_a_bar_ends_at_its_share_of_the_scale() -> None:
    assert rects(bar(2.5, 10))[1] == ("0", "25")
    assert '<line x1="20%" x2="100%"' in bar(2.5, 10, (2.0, 12.0))


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_is_not_known_has_no_bar(value) -> None:
    assert len(rects(bar(value, 10))) == 1
    assert len(rects(swing(value, 10))) == 2
    assert "–" in tile(value, "?")


def test_nothing_is_drawn_on_no_scale() -> None:
    assert len(rects(bar(1, 0))) == 1


def test_a_swing_goes_to_the_side_of_its_sign() -> None:
    assert rects(swing(5, 10))[1] == ("50", "25")
    assert rects(swing(-20, 10))[1] == ("0", "50")


def test_shares_stand_side_by_side_and_the_unknown_is_hatched() -> None:
    made = stack({"low": 0.25, "unknown": 0.75}, {"low": "#123456"})
    assert rects(made)[-2:] == [("0", "25"), ("25", "75")]
    assert "low: 25.0 %" in made
    assert made.count("url(#hatch)") == 1


def test_a_histogram_is_as_high_as_its_highest() -> None:
    assert re.findall(r'<rect x="([\d.]+)%" y="([\d.]+)" width="[\d.]+%" height="([\d.]+)"', columns([2, 4, 0])) == [
        ("0", "32", "32"),
        ("33.33", "0", "64"),
        ("66.67", "64", "0"),
    ]
    assert 'height="0"' in columns([0, 0])
    assert "<rect" not in columns([])


def test_tiles_are_red_above_and_blue_below() -> None:
    assert "rgba(192,57,43,0.50)" in tile(0.5, "0.5")
    assert "rgba(44,111,176,1.00);color:#fff" in tile(-3.0, "-3")


def test_a_key_tells_colours_and_hatches_the_unknown() -> None:
    made = key({"low": "#123456", "unknown": None})
    assert 'fill="#123456"' in made
    assert 'fill="url(#hatch)"' in made
    assert 'id="mine"' in hatching("mine", 4)
