"""Tracks: small charts one line high, as SVG that fills the width it is given; their words stand beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from riskmap.publish.page import Markup, element

INK, PALE, BETTER, WORSE = "#7a2f68", "#e9e9ee", "#2c6fb0", "#c0392b"
_HEIGHT, _COLUMNS = 14, 64
_HATCH = "hatch"


def bar(value: float | None, span: float, interval: tuple[float, float] | None = None, colour: str = INK) -> Markup:
    """A bar from 0 to a value on a scale that ends at `span`, with a line over its interval; empty where unknown."""
    parts = [_rect(0, 100, PALE)]
    if value is not None and not math.isnan(value) and span > 0:
        parts.append(_rect(0, 100 * value / span, colour))
        if interval is not None:
            parts.append(_line(*(100 * end / span for end in interval)))
    return _track(parts)


def swing(value: float | None, span: float) -> Markup:
    """A bar from the middle, to the right where positive, on a scale that ends at `span` on either side."""
    parts = [_rect(0, 100, PALE)]
    if value is not None and not math.isnan(value) and span > 0:
        width = min(abs(value) / span, 1.0) * 50
        parts.append(_rect(50 if value > 0 else 50 - width, width, WORSE if value > 0 else BETTER))
    return _track([*parts, _rect(49.8, 0.4, "#8a8a94")])


def stack(shares: Mapping[str, float], colours: Mapping[str, str]) -> Markup:
    """Shares of a whole, 0..1, side by side; a colour that is missing is hatched."""
    parts, start = [_hatching()], 0.0
    for name, share in shares.items():
        title = element("title", f"{name}: {100 * share:.1f} %")
        parts.append(_rect(100 * start, 100 * share, colours.get(name, f"url(#{_HATCH})"), title))
        start += share
    return _track(parts)


def columns(counts: Sequence[float], colour: str = INK) -> Markup:
    """A histogram: one column a count, the highest as high as the track."""
    top, width = max(counts, default=0.0), 100 / max(len(counts), 1)
    tall = [_COLUMNS * count / top if top else 0.0 for count in counts]
    parts = [
        element(
            "rect",
            x=f"{_short(place * width)}%",
            y=_short(_COLUMNS - height),
            width=f"{_short(width * 0.92)}%",
            height=_short(height),
            fill=colour,
        )
        for place, height in enumerate(tall)
    ]
    return _track(parts, _COLUMNS)


def tile(value: float | None, text: str, span: float = 1.0) -> Markup:
    """A number on a ground from blue (-span) over white to red (span)."""
    if value is None or math.isnan(value):
        return element("span", "–")
    strength = min(abs(value) / span, 1.0)
    red, green, blue = (192, 57, 43) if value > 0 else (44, 111, 176)
    ground = f"rgba({red},{green},{blue},{strength:.2f})"
    ink = "#fff" if strength > 0.6 else "#1d1d24"
    return element("span", text, style=f"display:block;padding:3px 4px;background:{ground};color:{ink}")


def key(entries: Mapping[str, str | None]) -> Markup:
    """What colours mean; None is hatched."""
    return element("ul", *(_entry(name, colour) for name, colour in entries.items()), class_="key")


def hatching(name: str, width: float) -> Markup:
    """A pattern of grey lines for what is not known, so that it is never taken for low.

    Args:
        name: Id of the pattern.
        width: Distance of its lines.
    """
    ground = element("rect", width=width, height=width, fill="#f4f4f4")
    line = element("path", d=f"M0 {width}L{width} 0", stroke="#9a9aa2", stroke_width=width / 5)
    pattern = element("pattern", ground, line, id=name, width=width, height=width, patternUnits="userSpaceOnUse")
    return element("defs", pattern)


def _entry(name: str, colour: str | None) -> Markup:
    fill = f"url(#{_HATCH})" if colour is None else colour
    square = element("rect", width="14", height="14", fill=fill, stroke="#8a8a94", stroke_width="0.5")
    return element("li", element("svg", _hatching(), square, width="14", height="14", aria_hidden="true"), name)


def _hatching() -> Markup:
    return hatching(_HATCH, 5)


def _track(parts: Iterable[object], height: int = _HEIGHT) -> Markup:
    return element("svg", *parts, width="100%", height=height, aria_hidden="true")


def _rect(start: float, width: float, colour: str, *parts: object) -> Markup:
    return element(
        "rect",
        *parts,
        x=f"{_short(start)}%",
        y="1",
        width=f"{_short(max(width, 0.0))}%",
        height=_HEIGHT - 2,
        fill=colour,
    )


def _line(start: float, end: float) -> Markup:
    ends = [max(0.0, min(100.0, place)) for place in (start, end)]
    middle = _HEIGHT / 2
    return element(
        "line",
        x1=f"{_short(ends[0])}%",
        x2=f"{_short(ends[1])}%",
        y1=middle,
        y2=middle,
        stroke="#1d1d24",
        stroke_width="2",
    )


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
