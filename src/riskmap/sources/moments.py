"""Moments as JSON providers write them: ISO 8601 with or without a zone, `Z` or an offset, a space or a `T`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from riskmap.sources.columns import Days


def moments(texts: Iterable[str | None]) -> Days:
    """Moments in whole seconds UTC, not-a-time where a text is none; what has no zone is taken as UTC."""
    return np.array([_moment(text) for text in texts], dtype="datetime64[s]")


def _moment(text: str | None) -> np.datetime64:
    try:
        found = datetime.fromisoformat(text or "")
        aware = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        return np.datetime64(int(aware.timestamp()), "s")
    # A zone may lead out of the years that there are.
    except (ValueError, OverflowError):
        return np.datetime64("NaT", "s")
