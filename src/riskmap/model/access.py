"""How a provider is reached, as data: what it asks for, where it is, and how often it may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Way = Literal["open", "key", "account", "file"]


@dataclass(frozen=True)
class Access:
    """How a source's data are got.

    Args:
        way: `open` needs nothing, `key` a key that the provider gives out, `account` a name and a password, `file` a
            file that a person brings.
        credentials: Names of the secrets that a request needs, such as `ucdp_token`; all of them.
        endpoints: Part -> address last seen in use. A setting may put another in its place, since addresses change.
        hosts: Further hosts that the provider's own answers lead to. No other host is ever asked.
        pace_s: Least seconds between two requests.
        cadence_s: Seconds after which the feed of what is new may tell something else; 0 where there is no such feed.
        home: Page where a person gets the key, the account or the file.
    """

    way: Way
    credentials: tuple[str, ...] = ()
    endpoints: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    pace_s: float = 0.0
    cadence_s: float = 0.0
    home: str = ""


FILE_ONLY = Access("file")
"""A source that reads what a person brings, and fetches nothing."""
