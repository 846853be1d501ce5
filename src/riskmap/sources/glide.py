"""GLIDE numbers: the ids of disasters that providers share, such as `FL-2024-000139-TCD`."""

from __future__ import annotations

import re

_GLIDE = re.compile(r"^[A-Z]{2}-(?P<year>\d{4})-\d{6}-(?P<country>[A-Z]{3})$")


def glide_parts(text: str) -> tuple[int, str] | None:
    """Year and country code of a GLIDE number; None where a text is none."""
    found = _GLIDE.match(text.strip().upper())
    return (int(found["year"]), found["country"]) if found else None
