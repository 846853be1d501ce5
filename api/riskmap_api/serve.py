"""Serving: one uvicorn process over one store."""

from __future__ import annotations

import logging

import uvicorn

from riskmap import RiskmapError, Settings, make_tile
from riskmap_api.app import create_app
from riskmap_api.caching import LATEST
from riskmap_api.deps import Snapshots

_LOG = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Serves until interrupted.

    One process: snapshots are memory-mapped and tiles take well under a millisecond. Requests are not logged, since the
    places that people look at are nobody else's business.

    Args:
        settings: Store, address and limits.
    """
    app = create_app(settings)
    warm(app.state.snapshots)
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False, server_header=False)


def warm(snapshots: Snapshots) -> None:
    """Makes one tile before anybody asks, so that the first reader does not wait for the encoder to be compiled."""
    try:
        newest = snapshots.get(LATEST)
        make_tile(newest, "risk", newest.periods[-1], 0, 0, 0)
    except RiskmapError as error:
        # The service starts all the same: `/health` tells that it has nothing to serve, and a publish mends it.
        _LOG.warning("nothing to serve yet: %s", error)
