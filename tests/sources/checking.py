"""One small request to a provider on loopback, the way the command line asks whether it still answers."""

from pathlib import Path

from riskmap.pipeline.fetch import check
from riskmap.settings import Settings
from riskmap.sources.source import source


def check_at(name: str, url: str, vault: Path, **credentials: str) -> None:
    endpoints = {f"{name}_{part}": url for part in source(name).access.endpoints}
    check(name, Settings(vault=vault, endpoints=endpoints, credentials=credentials))
