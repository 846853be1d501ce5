"""The map's sources: nothing in them leads elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "api" / "web"


def test_the_lock_file_holds_checksums_and_no_download_addresses():
    locked = json.loads((WEB / "package-lock.json").read_text())["packages"]

    packages = {name: entry for name, entry in locked.items() if name}
    assert packages
    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())


def test_every_dependency_is_pinned():
    told = json.loads((WEB / "package.json").read_text())

    versions = {**told["dependencies"], **told["devDependencies"]}.values()
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


@pytest.mark.parametrize("path", sorted([WEB / "index.html", *(WEB / "src").iterdir()]), ids=lambda path: path.name)
def test_no_source_names_another_host(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"https?://", text)
    assert "innerHTML" not in text
    assert len(text.splitlines()) <= 400
