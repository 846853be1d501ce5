"""Which columns of a boundary file hold codes, names and parents, whoever published it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Mask, Table, listed
from riskmap.sources.countries import iso3_of_codes
from riskmap.sources.options import Given
from riskmap.sources.vectors import Box

Texts = npt.NDArray[np.object_]

FINEST = 5

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of writing direction and zero width, which come along when names are copied and hinder matching."""

_LANGUAGES = ("en", "fr", "es", "pt")
_NO_CODE = "-99"


class BoundaryOptions(Given):
    """What a boundary file does not say itself; see `boundaries.read_areas`."""

    pcode: str | None = None
    name: str | None = None
    parent: str | None = None
    vintage: str | None = None
    crs: str | None = None
    layer: str | None = None
    expect_bbox: Box | None = None


@dataclass(frozen=True)
class Columns:
    """Where the facts of a unit stand.

    Args:
        pcode: Column of codes, for messages.
        codes: The codes themselves, without invisible marks, empty where there is none; shape (rows,).
        name: Column of main names.
        parent: Column of the codes of the units one level up; None where there is none.
        alternatives: Columns of other names.
        notes: What was assumed.
    """

    pcode: str
    codes: Texts
    name: str
    parent: str | None
    alternatives: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def columns_of(raw: Raw, table: Table, level: int, given: BoundaryOptions) -> Columns:
    """The columns of one level: those told by options, of COD-AB, geoBoundaries or Natural Earth.

    Raises:
        InputError: There is no column for the code or the name.
    """
    pcode = given.pcode or _code_column(table, level)
    if pcode is None and table.find("shapeID") is not None:
        return _geoboundaries(table, level, given)
    if pcode is None and level == 0 and table.find("ADM0_A3") is not None:
        return _natural_earth(table)
    if pcode is None and level == 1 and table.find("adm1_code") is not None:
        return Columns("adm1_code", clean(table.text("adm1_code")), "name", "adm0_a3", ("name_en", "name_local"))
    name = given.name or _name_column(table, level)
    if pcode is None or name is None:
        lacking = "pcode" if pcode is None else "name"
        raise InputError(
            raw.name,
            f"no column for the {lacking} of level {level}; found {listed(table.columns)}; give option {lacking}",
        )
    parent = given.parent or (_code_column(table, level - 1) if level else None)
    others = tuple(column for column in table.columns if _is_alternative(column, level) and column != name)
    return Columns(pcode, clean(table.text(pcode)), name, parent, others)


def levels_of(table: Table) -> tuple[int, ...]:
    """Levels that a file has codes for, coarsest first; one whose rows are units of a level has those above as well."""
    coded = tuple(level for level in range(FINEST + 1) if _code_column(table, level) is not None)
    natural_earth = (1,) if table.find("adm1_code") is not None else (0,)
    return coded or (natural_earth if table.find("ADM0_A3") is not None else ())


def clean(text: pa.Array) -> Texts:
    """Texts without invisible marks, empty where there is none."""
    return np.array([_INVISIBLE.sub("", value or "").strip() for value in text.to_pylist()], dtype=object)


def _code_column(table: Table, level: int) -> str | None:
    """COD-AB's column of codes in its newer, older and oldest layout, which shapefiles cut to ten letters."""
    return table.find(f"adm{level}_pcode", f"admin{level}Pcode", f"admin{level}Pcod")


def _geoboundaries(table: Table, level: int, given: BoundaryOptions) -> Columns:
    """ISO codes where all units of a file have one of their own, else the provider's ids."""
    iso = table.optional("shapeISO")
    coded = level <= 1 and not iso.null_count and len(pc.unique(iso)) == len(table)
    pcode = "shapeISO" if coded else "shapeID"
    parent = given.parent or ("shapeGroup" if level == 1 and table.find("shapeGroup") else None)
    told = f"geoBoundaries: codes are taken from {pcode}"
    return Columns(pcode, clean(table.text(pcode)), given.name or "shapeName", parent, (), (told,))


def _natural_earth(table: Table) -> Columns:
    """Countries of Natural Earth, whose ISO_A3 is -99 for France, Norway, Kosovo and others.

    ISO_A3_EH has most of these, ADM0_A3 a code of Natural Earth's own for all; where several units would share a code,
    it stays with the one that has it in ADM0_A3 too.
    """
    own = clean(table.text("ADM0_A3"))
    iso = [clean(table.optional(name)) for name in ("ISO_A3_EH", "ISO_A3")]
    told = np.select([(one != "") & (one != _NO_CODE) for one in iso], iso, own)
    told = np.where(_shared(told), own, told)
    standard = iso3_of_codes(pa.array(told, pa.string())).to_pylist()
    codes = np.array([code or given for code, given in zip(standard, told.tolist(), strict=True)], dtype=object)
    strange = sorted({given for code, given in zip(standard, told.tolist(), strict=True) if code is None})
    notes = [
        f"Natural Earth: ISO_A3 is {_NO_CODE} for {int((iso[1] == _NO_CODE).sum())} units; codes by ISO_A3_EH, ADM0_A3"
    ]
    if strange:
        notes.append(f"{len(strange)} units have no ISO code and keep Natural Earth's: {listed(strange)}")
    names = [column for name in ("NAME_LONG", "ADMIN", "NAME_EN") if (column := table.find(name)) is not None]
    name = table.find("NAME", "NAME_LONG", "ADMIN") or "NAME"
    return Columns("ADM0_A3", codes, name, None, tuple(one for one in names if one != name), tuple(notes))


def _shared(codes: Texts) -> Mask:
    """Whether more than one unit has a code, shape as given."""
    counts = Counter(codes.tolist())
    return np.array([counts[code] > 1 for code in codes.tolist()], dtype=np.bool_)


def _name_column(table: Table, level: int) -> str | None:
    """The main name: without a language, or in the first of some languages, or in any."""
    wanted = [f"adm{level}_name", *(f"adm{level}_{language}" for language in _LANGUAGES)]
    older = [f"admin{level}Name_{language}" for language in _LANGUAGES]
    found = table.find(*wanted, *older, f"admin{level}Name", f"admin{level}RefName")
    return found or next((column for column in table.columns if _is_name(column, level)), None)


def _is_name(column: str, level: int) -> bool:
    return re.fullmatch(rf"adm{level}_(?!id$)([a-z]{{2}}|name\d*)", column.casefold()) is not None


def _is_alternative(column: str, level: int) -> bool:
    pattern = rf"adm{level}(alt\d[a-z]{{2}}|_ref)|dv_adm{level}_(name|altnm)|admin{level}(refn|altn|al_\d)\w*"
    return _is_name(column, level) or re.fullmatch(pattern, column.casefold()) is not None
