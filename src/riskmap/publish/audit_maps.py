"""Maps of an audit: where the index rests on one provider."""

from __future__ import annotations

import numpy as np

from riskmap.publish.audit import Audit
from riskmap.publish.delta_map import COLOURS, step_words, steps_of
from riskmap.publish.outlines import Ints, rings_of
from riskmap.publish.page import Markup, breakable, element, percent, said, told
from riskmap.publish.small_maps import PIXELS, raster_of, small_map
from riskmap.publish.tracks import key
from riskmap.score.leave_out import Influence

MOST = 6
"""Most providers that get a map."""

BARE = "#bcbcc4"
"""Cells that have no score with the provider either."""

_LOST = len(COLOURS)


def provider_maps(audit: Audit) -> list[Markup]:
    """One small map for each of the providers that carry most of the index: how cells move without it.

    Returns:
        What stands in the page: a note, a legend and the maps; a sentence where no provider carries any.
    """
    carrying = {name: one for name, one in audit.without_provider.items() if one.mean_weight > 0}
    chosen = sorted(carrying, key=lambda name: -carrying[name].mean_weight)[:MOST]
    if not chosen:
        return [said("No provider carries anything of the index.")]
    raster = raster_of(rings_of(audit.snapshot))
    note = said(
        f"Score of {audit.snapshot.periods[-1]} without the provider, less the score with it, in points of the scale;"
        f" the {len(chosen)} that carry most of the index, of {len(audit.providers)}. Drawn on a coarse raster of"
        f" {PIXELS} pixels along the longer side: each pixel shows the cell nearest to its middle, so that cells"
        " smaller than a pixel may not be seen; the numbers count all of them."
    )
    colours = dict(zip(step_words(), COLOURS, strict=True))
    legend = key({**colours, "score lost: becomes unknown": None, "no score with it either": BARE})
    maps = (_figure(raster, name, carrying[name]) for name in chosen)
    return [note, legend, element("div", *maps, class_="maps")]


def codes_of(found: Influence) -> Ints:
    """What each cell of the only period is drawn as: a step of the move, then lost, then without a score."""
    scored = found.lost[0] | ~np.isnan(found.moved[0])
    return np.where(scored, np.where(found.lost[0], _LOST, steps_of(found.moved[0])), _LOST + 1)


def _figure(raster: Ints, name: str, found: Influence) -> Markup:
    drawn = small_map(raster, codes_of(found), (*COLOURS, None, BARE), f"Map of the scores without {name}")
    move = told(found.mean_move)
    words = f"{percent(found.lost_share)} of scores lost ({int(found.lost.sum()):,} cells); mean move {move}"
    return element("figure", drawn, element("figcaption", breakable(name), element("small", words)))
