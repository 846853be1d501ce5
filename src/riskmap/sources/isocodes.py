"""Countries by the codes of ISO 3166-1, and by the names that standard gives them; never by likeness."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pycountry

from riskmap.sources.columns import Mask, as_mask

_BESIDE: Mapping[str, str] = MappingProxyType({"XKX": "Kosovo"})
"""In use without being in the standard."""


def is_country(codes: pa.Array) -> Mask:
    """Whether texts are alpha-3 codes of countries, shape as given; Kosovo's XKX counts as one."""
    known = [one.alpha_3 for one in pycountry.countries]
    return as_mask(pc.is_in(codes, pa.array([*known, *_BESIDE])))


def codes_of(names: pa.Array) -> pa.Array:
    """Alpha-3 codes of countries by one of their names in the standard, whatever its case; null where it is none."""
    codes = {name.casefold(): code for code, name in _BESIDE.items()}
    for one in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            name = getattr(one, field, "")
            if name:
                codes[name.casefold()] = one.alpha_3
    unique = pc.unique(names)
    found = pa.array([codes.get((name or "").casefold()) for name in unique.to_pylist()], pa.string())
    return found.take(pc.index_in(names, unique))
