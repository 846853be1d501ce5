"""Settings: one frozen value, built by the command line and the service, never at import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the environment may say (`RISKMAP_STORE`, `RISKMAP_HOST`, ...).

    Args:
        store: Folder of snapshots, or their address, such as `s3://bucket/prefix`.
        cache: Folder for what was copied from addresses; `.cache/riskmap` of this person where not said.
        vault: Folder of what was fetched; `vault` inside the store where not said, and here where that is an address.
        credentials: Secrets by name, such as `ucdp_token`: `RISKMAP_CREDENTIALS__UCDP_TOKEN`.
        endpoints: Addresses in place of those known, by source and part: `RISKMAP_ENDPOINTS__UCDP_API`.
        host: Address to serve on.
        port: Port to serve on.
        max_cells: Most cells that one answer over HTTP may hold.
    """

    model_config = SettingsConfigDict(env_prefix="RISKMAP_", env_nested_delimiter="__", frozen=True)

    store: Path | str = Path("store")
    cache: Path | None = None
    vault: Path | None = None
    credentials: Mapping[str, SecretStr] = Field(default_factory=dict)
    endpoints: Mapping[str, str] = Field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 8000
    max_cells: int = 200_000

    @property
    def vault_folder(self) -> Path:
        """Where what was fetched lies."""
        return self.vault or (Path("vault") if isinstance(self.store, str) else self.store / "vault")

    @field_validator("store")
    @classmethod
    def _as_place(cls, store: Path | str) -> Path | str:
        return store if "://" in str(store) else Path(store)
