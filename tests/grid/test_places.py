"""Places by name and code: spellings meet, strangers do not."""

import pytest
import shapely

from riskmap.grid.places import Gazetteer, folded
from riskmap.model.area import Area

BOX = shapely.box(0, 0, 1, 1)
GAZETTEER = Gazetteer(
    {
        0: [Area("SOM", "Somalia", 0, BOX)],
        1: [Area("SO11", "Awdal", 1, BOX, parent="SO"), Area("SO12", "Woqooyi", 1, BOX, parent="SO")],
        2: [
            Area("SO1101", "Baydhabo", 2, BOX, parent="SO11", alternatives=("Baidoa",)),
            Area("SO1102", "Bu'aale", 2, BOX, parent="SO11"),
            Area("SO1201", "Béla-Vista", 2, BOX, parent="SO12"),
            Area("SO1202", "Bu'aale", 2, BOX, parent="SO12"),
        ],
    }
)


@pytest.mark.parametrize(("text", "expected"), [("  Bu’aale ", "buaale"), ("BÉLA vista", "belavista"), ("Ñ_1", "n1")])
def test_folding_leaves_letters_and_digits(text, expected) -> None:
    assert folded(text) == expected


def test_codes_match_whatever_the_prefix_of_the_country() -> None:
    assert GAZETTEER.by_code("SO1201", 2).area == 2
    assert GAZETTEER.by_code(" som1201", 2).area == 2
    assert GAZETTEER.by_code("SOM", 0).area == 0
    assert GAZETTEER.by_code("SO", 0).area == 0
    assert GAZETTEER.by_code("KE1201", 2).reason == "p-code not in the boundaries"
    assert GAZETTEER.by_code("KEN", 0).reason == "p-code not in the boundaries"
    assert GAZETTEER.by_code("SO1201001", 3).reason == "no boundaries of level 3"


@pytest.mark.parametrize(
    ("given", "known"),
    [("TD0101", "TCD0101"), ("CAF11", "CF11"), ("TCD0101", "TD0101"), ("XK01", "XKX01"), ("UA05", "UKR05")],
)
def test_prefixes_of_two_and_three_letters_mean_one_country(given, known) -> None:
    assert Gazetteer({1: [Area(known, "x", 1, BOX)]}).by_code(given, 1).area == 0


@pytest.mark.parametrize(
    ("given", "known"), [("SD01", "SSD01"), ("SN01", "SDN01"), ("MLT01", "ML01"), ("XY01", "XYZ01")]
)
def test_prefixes_that_look_alike_do_not(given, known) -> None:
    assert Gazetteer({1: [Area(known, "x", 1, BOX)]}).by_code(given, 1).area == -1


def test_names_match_through_accents_and_other_names() -> None:
    assert GAZETTEER.by_name("bela vista", "", 2, {}).area == 2
    assert GAZETTEER.by_name("BAIDOA", "", 2, {}).area == 0


def test_a_name_used_twice_needs_its_parent() -> None:
    assert GAZETTEER.by_name("Bu'aale", "Woqooyi", 2, {}).area == 3
    assert GAZETTEER.by_name("Bu'aale", "", 2, {}).reason == "name stands for several places"
    assert GAZETTEER.by_name("Bu'aale", "Elsewhere", 2, {}).area == -1


def test_a_name_used_once_is_found_even_under_another_parent() -> None:
    assert GAZETTEER.by_name("Baydhabo", "Woqooyi", 2, {}).area == 0


def test_an_alias_comes_first_and_is_told() -> None:
    match = GAZETTEER.by_name("Old Town", "", 2, {"old town": "Béla-Vista"})
    assert (match.area, match.alias) == (2, "Béla-Vista")
    assert GAZETTEER.by_name("Old Town", "", 2, {}).reason == "name not in the boundaries"
    assert GAZETTEER.by_name("Old Town", "", 4, {}).reason == "no boundaries of level 4"
