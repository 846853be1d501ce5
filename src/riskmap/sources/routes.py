"""Routes: the addresses that a source may ask, and no others, wherever an answer leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from riskmap.errors import ProviderRefused
from riskmap.model.access import Access


@dataclass(frozen=True)
class Routes:
    """Where one source may go.

    Args:
        source: Registry name.
        access: Its addresses and hosts as last seen.
        endpoints: Addresses in place of the access's own, by `source_part`.
    """

    source: str
    access: Access
    endpoints: Mapping[str, str]

    def at(self, part: str, path: str = "") -> str:
        """The address of a path below one of the endpoints."""
        start = self.endpoints.get(f"{self.source}_{part}", self.access.endpoints[part])
        return f"{start.rstrip('/')}/{path.lstrip('/')}" if path else start

    def check(self, address: httpx2.URL, clean: str) -> None:
        """Nothing where an address is of an endpoint's host, or over https of a host that the source names.

        Args:
            address: As it would be asked.
            clean: The same free of secrets, for the message.

        Raises:
            ProviderRefused: It is another host, or not HTTP.
        """
        own = {origin(httpx2.URL(self.at(part))) for part in self.access.endpoints}
        named = {("https", host, None) for host in self.access.hosts}
        if origin(address) not in own | named:
            raise ProviderRefused(f"{self.source} leads to {clean!r}, which is none of its hosts; not asked")


def origin(address: httpx2.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port; the port is None where it is the scheme's own."""
    return address.scheme, address.host, address.port


def joined(address: httpx2.URL, to: str) -> str:
    """Where a redirect leads; as written where that is no address."""
    try:
        return str(address.join(to))
    except httpx2.InvalidURL:
        return to
