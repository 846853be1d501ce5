"""The application: routes, problems and headers around one store of snapshots."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from riskmap import Settings
from riskmap_api import problems
from riskmap_api.answers import VERSION
from riskmap_api.deps import Snapshots
from riskmap_api.front import TileFront
from riskmap_api.openapi import DescribedApp
from riskmap_api.routes import cells, scores, snapshots, tiles
from riskmap_api.routes import map as map_page
from riskmap_api.security import SecurityHeaders, is_loopback

STATIC = Path(__file__).parent / "static"
"""Where the built map lies; it is built from `api/web` and carried by the wheel."""

_LEAST_ZIPPED_BYTES = 1024
_GZIP_LEVEL = 1


def create_app(settings: Settings, static: Path = STATIC) -> FastAPI:
    """The service over one store; it starts, and says so in `/health`, even where nothing is published yet.

    Args:
        settings: Store and limits.
        static: Folder of the built map.
    """
    # No interactive document pages: theirs load scripts from elsewhere, and this service asks nothing of the network.
    app = DescribedApp(title="riskmap", version=VERSION, docs_url=None, redoc_url=None)
    app.state.settings, app.state.static = settings, static
    app.state.snapshots = opened = Snapshots(settings.store, settings.cache, local=is_loopback(settings.host))
    for part in (map_page, snapshots, scores, cells, tiles):
        app.include_router(part.router)
    if (static / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=static / "assets"), name="assets")
    problems.install(app)
    # The last one added is the outermost.
    app.add_middleware(GZipMiddleware, minimum_size=_LEAST_ZIPPED_BYTES, compresslevel=_GZIP_LEVEL)
    app.add_middleware(TileFront, snapshots=opened)
    app.add_middleware(problems.LastResort)
    app.add_middleware(SecurityHeaders)
    return app
