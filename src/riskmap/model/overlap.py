"""Overlap groups: who counts the same people or incidents, so that no two of them are ever added."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "conflict-events": "incidents of violence and unrest, and the deaths in them",
        "displaced-people": "people displaced inside their country, as counted at one time",
        "displacement-movements": "movements of people inside their country",
        "refugees": "refugees and asylum seekers, as counted at one time",
        "returned-people": "people who came back, as counted at one time",
        "residents": "people who live in a place, as one population product has them",
        "food-insecure-people": "people in a phase of food insecurity",
        "people-in-need": "people in need of humanitarian help",
        "hazard-areas": "the area of one disaster, as several services draw it",
        "active-fires": "fires seen from space, by several satellites",
        "presence": "organisations at work in a place",
    }
)
"""Group -> what all its members count. A record that belongs to one names it in `overlap_group`."""
