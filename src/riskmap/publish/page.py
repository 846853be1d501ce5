"""Pages: one self-contained HTML file made of small parts; it asks for nothing and runs no script."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from riskmap.errors import StoreError
from riskmap.version import VERSION

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

_NUMBERS = ("%", "–")

_STYLE = """
:root { color-scheme: light; --ink: #1d1d24; --soft: #5b5b66; --line: #dcdce2; --ground: #f6f6f8; --accent: #7a2f68 }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 20px 16px 60px }
h1 { font-size: 26px; line-height: 1.2; margin: 8px 0 4px }
h2 { font-size: 19px; margin: 0 0 6px }
h3 { font-size: 15px; margin: 18px 0 4px }
p { margin: 4px 0 10px; max-width: 78ch }
.said { color: var(--soft); font-size: 14px }
.warn { background: #fff3d6; border-left: 4px solid #d08a00; padding: 8px 12px; font-weight: 600 }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 14px 0 }
nav { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 14px } nav a { color: var(--accent) }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; vertical-align: top; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--soft); vertical-align: bottom }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td:first-child { min-width: 104px } td small { color: var(--soft); display: block }
td.t { min-width: 150px; width: 32% } td.t svg { display: block; margin-top: 3px }
.ends { display: flex; justify-content: space-between; color: var(--soft); font-size: 13px }
code { font: 13px/1.4 ui-monospace, monospace } dd code { overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 14px; margin: 6px 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 14px; margin: 6px 0; list-style: none; padding: 0 }
.key svg { vertical-align: -2px; margin-right: 5px }
svg.map text { font-size: 26px; text-anchor: middle; fill: var(--ink) }
svg.map text { stroke: #fff; stroke-width: 5px; paint-order: stroke }
svg.map { width: 100%; height: auto; max-height: 86vh; display: block }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr)); gap: 16px }
.maps figure { margin: 0; display: flex; flex-direction: column }
.maps svg.map { max-height: 340px } figcaption { font-size: 14px; margin-top: 4px; overflow-wrap: anywhere }
figcaption small { color: var(--soft); display: block }
details pre { overflow-x: auto; font-size: 12px; background: var(--ground); padding: 10px }
th.n { white-space: normal }
@media (max-width: 560px) {
  main { padding: 10px 8px 40px } section { padding: 12px 10px; border-radius: 0 }
  h1 { font-size: 21px } td.t { min-width: 56px }
  dl { grid-template-columns: minmax(0, 1.2fr) minmax(72px, 2fr) } td, th { padding-right: 7px }
  svg.map text { font-size: 48px; stroke-width: 9px }
}
@media print { body { background: #fff } section { break-inside: avoid; border: 0 } nav { display: none } }
"""


class Markup(str):
    """Text that is HTML already and so is not escaped again."""

    __slots__ = ()


@dataclass(frozen=True)
class Section:
    """A titled part of a page, which its list of contents leads to.

    Args:
        title: What it is headed with.
        parts: What stands in it.
    """

    title: str
    parts: Sequence[object]

    @property
    def anchor(self) -> str:
        """What links name it by."""
        return "-".join("".join(sign if sign.isalnum() else " " for sign in self.title.lower()).split())


def told(value: object) -> Markup:
    """A value as HTML: text escaped, a number with the digits that it needs, a dash for what is not known."""
    if isinstance(value, Markup):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Markup("–")
    if isinstance(value, float):
        return Markup(_digits(value))
    return Markup(f"{value:,}" if isinstance(value, int) else escape(str(value)))


def _digits(value: float) -> str:
    """Three digits that count, whole thousands, and nothing smaller than a thousandth."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return "0" if abs(value) < 0.0005 else f"{round(value, 3):.3g}"


def element(tag: str, *parts: object, **attributes: object) -> Markup:
    """An element; underscores in an attribute's name stand for dashes, one at its end for nothing."""
    words = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for name, value in attributes.items()
    )
    return Markup(f"<{tag}{words}>{''.join(told(part) for part in parts)}</{tag}>")


def percent(share: float, digits: int = 1) -> str:
    """A share 0..1 in percent, in one piece; a dash where it is not known."""
    return "–" if math.isnan(share) else f"{100 * share:.{digits}f}\u00a0%"


def breakable(name: str) -> Markup:
    """A long name that may be broken behind its dots, colons and underscores."""
    return Markup("".join(f"{escape(sign)}<wbr>" if sign in ".:_" else escape(sign) for sign in name))


def said(*parts: object) -> Markup:
    """A paragraph that explains what stands beside it."""
    return element("p", *parts, class_="said")


def facts(rows: Mapping[str, object]) -> Markup:
    """Names and what they stand for."""
    return element(
        "dl", *(element(tag, part) for row in rows.items() for tag, part in zip(("dt", "dd"), row, strict=True))
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table that scrolls within itself where it is too wide; numbers stand to the right, charts get room."""
    held = [list(row) for row in rows]
    kinds = [_kind([row[column] for row in held]) for column in range(len(head))]
    top = element("tr", *(element("th", name, class_=kind) for name, kind in zip(head, kinds, strict=True)))
    body = (
        element("tr", *(element("td", value, class_=kind) for value, kind in zip(row, kinds, strict=True)))
        for row in held
    )
    return element("div", element("table", element("thead", top), element("tbody", *body)), class_="wide")


def page(title: str, lead: Sequence[object], sections: Sequence[Section], *, synthetic: bool) -> str:
    """A whole page.

    Args:
        title: What it is headed with.
        lead: What stands above the list of contents.
        sections: Its sections, in order.
        synthetic: Whether what it shows is invented, which is then said first.
    """
    contents = element("nav", *(element("a", one.title, href=f"#{one.anchor}") for one in sections))
    invented = [element("p", "Synthetic: an invented place. Nothing here is real.", class_="warn")] if synthetic else []
    drawn = (element("section", element("h2", one.title), *one.parts, id=one.anchor) for one in sections)
    body = element("main", element("h1", title), *invented, *lead, contents, *drawn)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="generator" content="riskmap'
        f' {VERSION}"><title>{escape(title)}</title><style>{_STYLE}</style>'
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _kind(values: Sequence[object]) -> str:
    """How a column is set: `n` numbers, `t` charts, else text."""
    plain = [value for value in values if value is not None]
    if plain and all(isinstance(value, int | float) or str(value).endswith(_NUMBERS) for value in plain):
        return "n"
    first = next((value for value in plain if isinstance(value, Markup)), "")
    return "t" if first.startswith("<svg") else ""


def write_page(path: Path, text: str) -> Path:
    """Writes a page; it appears under its name only when whole.

    Raises:
        StoreError: The file cannot be written.
    """
    aside = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {error}; name a file in a folder that can be written") from error
    return path
