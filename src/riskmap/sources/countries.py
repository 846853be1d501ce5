"""Countries as providers write them, in the codes of ISO 3166-1: codes of their own and names of treaties."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from riskmap.sources.isocodes import codes_of, is_country

_CODES: Mapping[str, str] = MappingProxyType(
    {
        "ADO": "AND",  # World Bank, to 2015
        "BUR": "MMR",  # ISO, to 1989
        "IMY": "IMN",  # World Bank
        "KOS": "XKX",  # Natural Earth, WorldPop's hub, TIP data
        "KSV": "XKX",  # World Bank, to 2015
        "ROM": "ROU",  # ISO, to 2002
        "TMP": "TLS",  # ISO, to 2002
        "WBG": "PSE",  # World Bank, to 2015
        "ZAR": "COD",  # ISO, to 1997
    }
)
"""Codes that are not those of the standard today -> alpha-3."""

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "bolivia (plurinational state of)": "BOL",
        "cape verde": "CPV",
        "capeverde": "CPV",
        "democratic republic of the congo": "COD",
        "gambia (republic of the)": "GMB",
        "holy see": "VAT",
        "iran (islamic republic of)": "IRN",
        "macau": "MAC",
        "marshallis": "MHL",
        "micronesia (federated states of)": "FSM",
        "netherlands (kingdom of the)": "NLD",
        "republic of korea": "KOR",
        "republic of moldova": "MDA",
        "sao tome": "STP",
        "st. kitts and nevis": "KNA",
        "st.kitts&nevis": "KNA",
        "st. lucia": "LCA",
        "st.lucia": "LCA",
        "st. vincent and the grenadines": "VCT",
        "state of palestine": "PSE",
        "swaziland": "SWZ",
        "the former yugoslav republic of macedonia": "MKD",
        "turkey": "TUR",
        "venezuela (bolivarian republic of)": "VEN",
    }
)
"""Names in use beside those of the standard, lower case -> alpha-3: the UN Treaty Collection's, and American ones."""

_FOOTNOTES = r"(\s*\d+(\s*,\s*\d+)*)+$"


def iso3_of_codes(codes: pa.Array) -> pa.Array:
    """Alpha-3 codes; null where a text is none, such as that of an aggregate; Kosovo is XKX.

    Args:
        codes: Texts, shape (rows,).
    """
    mended = _looked_up(pc.utf8_upper(codes), _CODES)
    return pc.if_else(pa.array(is_country(mended)), mended, pa.scalar(None, pa.string()))


def iso3_of_names(names: pa.Array) -> pa.Array:
    """Alpha-3 codes of countries by name, never by likeness; null where a name is not known.

    Marks of footnotes behind a name are left aside.

    Args:
        names: Texts, shape (rows,).
    """
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(names, _FOOTNOTES, ""))
    lower = pc.utf8_lower(plain)
    known = pc.is_in(lower, pa.array(list(_NAMES)))
    return pc.coalesce(codes_of(plain), pc.if_else(known, _looked_up(lower, _NAMES), pa.scalar(None, pa.string())))


def _looked_up(texts: pa.Array, table: Mapping[str, str]) -> pa.Array:
    """What a table has for each text, or the text itself."""
    place = pc.index_in(texts, pa.array(list(table)))
    return pc.coalesce(pa.array(list(table.values())).take(place), texts)
