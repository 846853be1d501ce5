"""The catalogue of the Humanitarian Data Exchange (HDX): which files a dataset has, and those files themselves.

Identifiers and file names change between releases, so files are chosen by what the catalogue says of them. A source
uses this with `ENDPOINTS` and `HOSTS` in its `Access`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from riskmap.errors import FetchError, ProviderRefused
from riskmap.sources.columns import listed
from riskmap.sources.wire import Ask, Reply, Wire

ENDPOINTS: Mapping[str, str] = MappingProxyType({"ckan": "https://data.humdata.org/api/3/action"})
"""Where the catalogue is asked, as the part `ckan` of an `Access`."""

HOSTS = ("data.humdata.org", "s3.eu-central-1.amazonaws.com")
"""Where its files lie."""


@dataclass(frozen=True)
class Resource:
    """One file of a dataset.

    Args:
        dataset: Short name of the dataset.
        name: Of the file.
        url: Where it lies.
        format: In lower case, such as `csv`.
        modified: When it was last changed, ISO 8601 in UTC without zone; empty where not told.
    """

    dataset: str
    name: str
    url: str
    format: str
    modified: str = ""


def resources(wire: Wire, slug: str) -> tuple[Resource, ...]:
    """The files of a dataset, in the catalogue's order.

    Args:
        wire: Of a source that has the endpoint `ckan`.
        slug: Short name of the dataset, as in its address.

    Raises:
        FetchError: The catalogue has no such dataset, or does not answer.
    """
    reply = wire.get(wire.at("ckan", "package_show"), {"id": slug}, ask=Ask("index", sound=_sound))
    return tuple(_resource(slug, one) for one in _listed(reply) if one.get("url"))


def keep_resources(wire: Wire, slug: str, wanted: Callable[[Resource], bool]) -> tuple[Resource, ...]:
    """Files of a dataset, each kept as records, and labelled with `dataset`, `resource` and `modified`.

    Args:
        wire: As in `resources`.
        slug: Likewise.
        wanted: Whether a file is to be kept.

    Raises:
        FetchError: None is wanted, or one does not come.
    """
    there = resources(wire, slug)
    chosen = tuple(one for one in there if wanted(one))
    if not chosen:
        raise FetchError(f"dataset {slug} has no such file; it has {listed(one.name for one in there)}")
    for one in chosen:
        labels = {"dataset": one.dataset, "resource": one.name, "modified": one.modified}
        told = {name: text for name, text in labels.items() if text}
        wire.get(one.url, ask=Ask(labels=told, settled=bool(one.modified)))
    return chosen


def _sound(reply: Reply) -> None:
    """Nothing for a dataset with its files.

    Raises:
        ProviderRefused: The catalogue says that it failed, although with a good status.
    """
    value = reply.json()
    if not isinstance(value, Mapping) or value.get("success") is not True:
        told = value.get("error") if isinstance(value, Mapping) else value
        raise ProviderRefused(f"{reply.raw.url} answered that it failed: {str(told)[:200]}")
    _listed(reply)


def _listed(reply: Reply) -> Sequence[Mapping[str, object]]:
    value = reply.json()
    result = value.get("result") if isinstance(value, Mapping) else None
    files = result.get("resources") if isinstance(result, Mapping) else None
    if not isinstance(files, list) or not all(isinstance(one, Mapping) for one in files):
        raise ProviderRefused(f"{reply.raw.url} lists no files; the catalogue may have changed its form")
    return files


def _resource(slug: str, told: Mapping[str, object]) -> Resource:
    name, url, form = (str(told.get(key) or "") for key in ("name", "url", "format"))
    return Resource(slug, name, url, form.casefold(), str(told.get("last_modified") or "")[:19])
