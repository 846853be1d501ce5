"""Editions: what a payload that tells no version of itself is known by, so that a later one stands in its place."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from riskmap.model.raw import Raw
from riskmap.sources.columns import Days

MODIFIED = "modified"
"""Label of a payload: when its provider last changed it, ISO 8601, UTC."""


def edition(raw: Raw) -> str | None:
    """When a payload was changed by its provider, or else received: text that sorts as editions follow one another."""
    moment = _modified(raw) or raw.retrieved
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}"


def published(raw: Raw, length: int) -> Days | None:
    """When its provider last changed a payload, for each of so many records; None where not known."""
    moment = _modified(raw)
    return None if moment is None else np.full(length, np.datetime64(int(moment.timestamp()), "s"))


def _modified(raw: Raw) -> datetime | None:
    text = raw.labels.get(MODIFIED, "")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None
