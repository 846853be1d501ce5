"""The crosswalks of a case, read and checked against its boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from riskmap.errors import CaseError, PlacementError
from riskmap.grid.codes import clean_code
from riskmap.grid.crosswalk import Crosswalk
from riskmap.model.area import Area, Crossing
from riskmap.model.case import Case
from riskmap.model.raw import Raw
from riskmap.sources.crosswalks import read_crosswalk
from riskmap.store.vault import raw_of


def crosswalk_of(case: Case, folder: Path, areas: Sequence[Area]) -> tuple[Crosswalk, tuple[Raw, ...]]:
    """All crosswalk files of a case as one, and the files.

    Args:
        case: Names the files.
        folder: Inputs folder, which their paths are relative to.
        areas: Units of the case, whose codes the crosswalk must lead to.

    Raises:
        CaseError: A file is missing, leads to a code that the boundaries do not have, or contradicts itself.
        InputError: A file is no crosswalk.
    """
    codes = {clean_code(area.pcode) for area in areas}
    crossings: list[Crossing] = []
    raws = []
    for path in case.crosswalks:
        if not (folder / path).is_file():
            raise CaseError(f"crosswalk {path}: no such file in {folder}; mend the path or --inputs")
        raw = raw_of(folder / path, folder)
        lines = read_crosswalk(raw)
        unknown = sorted({one.to_code for one in lines if clean_code(one.to_code) not in codes})
        if unknown:
            raise CaseError(f"crosswalk {path}: {len(unknown)} codes are not in the boundaries, such as {unknown[0]}")
        crossings += lines
        raws.append(raw)
    try:
        return Crosswalk(crossings), tuple(raws)
    except PlacementError as error:
        raise CaseError(str(error)) from error
