"""Boundary files as sources: checked and counted, with no records, since units are places and not measures.

What a source gives here is told by its notes. A case takes the units themselves by `[[area.boundaries]]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from riskmap.model.area import Area
from riskmap.model.layer import Layer
from riskmap.model.raw import Raw
from riskmap.sources.boundaries import levels_in, read_areas
from riskmap.sources.boundaries_checks import nesting_notes
from riskmap.sources.boundaries_columns import FINEST, BoundaryOptions
from riskmap.sources.options import checked
from riskmap.sources.source import Options, Reading


class CountedOptions(BoundaryOptions):
    """Those of `boundaries.read_areas`, and which level to look at."""

    level: int | None = Field(default=None, ge=0, le=FINEST)


def counted_units(raw: Raw, options: Options) -> Reading:
    """What a boundary file holds: units, levels, vintage and flaws in the notes, and an empty layer.

    Args:
        raw: The file; a label `level` tells its level, a label `licence` the terms of this one layer.
        options: As of `read_areas`, and `level`, where the file has several.

    Raises:
        InputError: As of `read_areas`.
    """
    given = checked(CountedOptions, raw, options)
    told = given.level if given.level is not None else raw.labels.get("level")
    levels = levels_in(raw) if told is None else [int(told)]
    plain = {name: value for name, value in options.items() if name != "level"}
    readings = [read_areas(raw, level, plain) for level in levels]
    notes = [note for one in readings for note in (_summary(one.areas), *one.notes)]
    if "licence" in raw.labels:
        notes.append(f"licence of this layer: {raw.labels['licence']}")
    areas = [area for one in readings for area in one.areas]
    refused = sum((Counter(one.counted.quarantined) for one in readings), Counter())
    examples = {reason: places for one in readings for reason, places in one.counted.examples.items()}
    return Reading(
        Layer.empty(),
        sum(one.counted.read for one in readings),
        len(areas),
        dict(sorted(refused.items())),
        examples,
        (*notes, *nesting_notes(areas)),
    )


def _summary(areas: Sequence[Area]) -> str:
    codes, vintages = [area.pcode for area in areas], sorted({area.vintage for area in areas if area.vintage})
    span = codes[0] if len(codes) == 1 else f"{codes[0]} to {codes[-1]}"
    valid = f", valid on {' and '.join(vintages)}" if vintages else ", of unknown vintage"
    return f"level {areas[0].level}: {len(areas)} units, {span}{valid}"
