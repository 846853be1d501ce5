"""Settings: one frozen value, built by the command line and the service, never at import."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the environment may say (`RISKMAP_STORE`, `RISKMAP_HOST`, ...).

    Args:
        store: Folder of snapshots.
        host: Address to serve on.
        port: Port to serve on.
        max_cells: Most cells that one answer over HTTP may hold.
    """

    model_config = SettingsConfigDict(env_prefix="RISKMAP_", frozen=True)

    store: Path = Path("store")
    host: str = "127.0.0.1"
    port: int = 8000
    max_cells: int = 200_000
