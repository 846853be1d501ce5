"""The account of a build: what went in, what came out, what was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from riskmap.grid.ledger import LedgerRow
from riskmap.model import cube
from riskmap.model.case import Case
from riskmap.model.raw import Raw
from riskmap.pipeline.areas import Outline
from riskmap.pipeline.ingest import Ingested
from riskmap.pipeline.timeline import known_until
from riskmap.score.recipe import Recipe
from riskmap.version import VERSION

LIMITS = (
    "Shows where conditions favour trafficking, never where it happens: it is not an incidence map.",
    "Unknown is not safe: cells without enough data have no score.",
)


def manifest_of(
    case: Case,
    recipe: Recipe,
    found: Sequence[Ingested],
    boundaries: Sequence[Outline],
    ledger: Sequence[LedgerRow],
) -> dict[str, Any]:
    """The manifest of a snapshot, without what the store itself adds (files and id).

    Nothing in it depends on the machine, the time of day or the folder: equal inputs give an equal manifest.
    """
    reached = {f"{row.source}:{row.measure}" for row in ledger}
    return {
        "code_version": VERSION,
        "case": _case(case),
        "recipe": _recipe(recipe, reached),
        "uncertainty": {"seed": recipe.uncertainty.seed, "draws": recipe.uncertainty.draws},
        "support": {str(int(support)): support.name.lower() for support in cube.Support},
        "limits": list(LIMITS),
        "inputs": [entry for one in found for entry in _inputs(one)],
        "known_until": known_until(one.layer for one in found),
        "boundaries": [_boundary(one) for one in boundaries],
        "reconciliation": [_ledger_row(row) for row in ledger],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "title": case.title,
        "synthetic": case.synthetic,
        "iso3": case.iso3,
        "resolution": case.resolution,
        "periods": [period.label for period in case.periods],
        "step": case.periods[0].step,
        "as_of": case.periods[-1].last_day.isoformat(),
        "pcode_level": case.pcode_level,
    }


def _boundary(one: Outline) -> dict[str, Any]:
    raw = one.raw
    url = {"url": raw.url} if raw.url else {}
    return {"path": raw.name, "sha256": raw.sha256, "bytes": raw.bytes, "licence": asdict(one.licence)} | url


def _recipe(recipe: Recipe, reached: set[str]) -> dict[str, Any]:
    """The recipe as data, each indicator marked with whether some input of this build can reach it."""
    told = recipe.to_dict()
    for indicator in told["indicators"]:
        indicator["fed"] = any(feed["measure"] in reached for feed in indicator["feeds"])
    return told


def _inputs(one: Ingested) -> list[dict[str, Any]]:
    """One entry a file: what it is, its terms, and what became of each of its rows."""
    told = {
        "source": one.given.source,
        "title": one.provider.title,
        "licence": asdict(one.licence),
        "observed": [day.isoformat() for day in one.given.observed] if one.given.observed else None,
        "valid_days": one.given.valid_days,
        "timeless": one.given.timeless,
        "measures": sorted(set(one.layer.table["measure"].to_pylist())),
    }
    return [
        told
        | {
            **_file(raw),
            **({"url": raw.url} if raw.url else {}),
            **({"received": raw.retrieved.isoformat()} if raw.retrieved else {}),
            "read": reading.read,
            "accepted": reading.accepted,
            "quarantined": dict(sorted(reading.quarantined.items())),
            "examples": {reason: _shown(one, places) for reason, places in sorted(reading.examples.items())},
            "notes": [*reading.notes, *([raw.part.note] if raw.part else [])],
        }
        for raw, reading in zip(one.raws, one.readings, strict=True)
    ]


def _file(raw: Raw) -> dict[str, Any]:
    """What a file is known by; of one that was read in part, the hash is its provider's, or null."""
    if raw.part is None:
        return {"path": raw.name, "sha256": raw.sha256, "bytes": raw.bytes}
    part = raw.part
    return {"path": raw.name, "sha256": part.sha256, "bytes": part.bytes, "identity": part.identity}


def _shown(one: Ingested, places: Sequence[str]) -> list[str]:
    """Examples of refused rows; without what stood in them, where rows may not be passed on."""
    return list(places) if one.licence.raw else [place.partition(" = ")[0] for place in places]


def _ledger_row(row: LedgerRow) -> dict[str, Any]:
    """One row of the reconciliation; values that only mean something as averages are left null where they are sums."""
    summed = row.spread == "extensive"
    told = asdict(row)
    told["outside"] = [
        {"reason": reason, "place": place, "records": records, "value": value}
        for reason, place, records, value in row.outside
    ]
    for key, counted in (("matched", row.matched), ("unmatched", row.unmatched)):
        told[key] = {word: {"records": records, "value": value if summed else None} for word, records, value in counted}
    told["matched_share"] = {
        "records": _share([records for _, records, _ in row.matched], [records for _, records, _ in row.unmatched]),
        "value": _share([value for *_, value in row.matched], [value for *_, value in row.unmatched])
        if summed
        else None,
    }
    told["doubts"] = [
        {"doubt": doubt, "records": records, "value": value if summed else None, "examples": list(examples)}
        for doubt, records, value, examples in row.doubts
    ]
    return told


def _share(found: Sequence[float], lost: Sequence[float]) -> float | None:
    """Part of a whole that was found; None where there is nothing."""
    whole = sum(found) + sum(lost)
    return sum(found) / whole if whole else None
