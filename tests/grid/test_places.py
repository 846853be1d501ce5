"""Names, codes and the gazetteer: spellings meet, strangers do not."""

import pytest
import shapely

from riskmap.grid.codes import country_named, country_names, country_of, groupings
from riskmap.grid.names import alike, folded, is_placeholder
from riskmap.grid.places import Gazetteer
from riskmap.model.area import Area

BOX = shapely.box(0, 0, 1, 1)
GAZETTEER = Gazetteer(
    {
        0: [Area("SOM", "Somalia", 0, BOX)],
        1: [Area("SO11", "Awdal", 1, BOX, parent="SO"), Area("SO12", "Woqooyi", 1, BOX, parent="SO")],
        2: [
            Area("SO1101", "Baydhabo", 2, BOX, parent="SO11", alternatives=("Baidoa",)),
            Area("SO1102", "Bu'aale", 2, BOX),
            Area("SO1202", "Bu'aale", 2, BOX),
            Area("SO9901", "Stray", 2, BOX),
        ],
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Bu’aale ", "buaale"),
        ("BÉLA vista", "belavista"),
        ("Ñ_1", "n1"),
        ("\u200fالسودان\u200e", "السودان"),
        ("Sadʿa", "sada"),
        ("Slovʼyansk", "slovyansk"),
        ("أبو حمد", "ابوحمد"),
    ],
)
def test_folding_leaves_letters_and_digits(text, expected) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize("text", ["XXX", "SD-XXX", "SD01XXX", "xx", "UNSPECIFIED", "Not available", "N/A", "-", " ? "])
def test_placeholders_are_known(text) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["", "Xaxa", "Nairobi", "NA01", "Unity", "No'man"])
def test_places_are_no_placeholders(text) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("one", "other", "close"),
    [
        ("isuikwuato", "isiukwuato", True),
        ("osisioma", "osisiomangwa", True),
        ("obi", "obio", True),
        ("edu", "kaiama", False),
        ("abanorth", "abasouth", False),
        ("ob", "obiakpor", False),
    ],
)
def test_close_names_are_told_from_others(one, other, close) -> None:
    assert alike(one, [other]) == close == alike(other, ["zzzzzzzz", one])


def test_a_code_is_cut_into_one_group_a_level() -> None:
    assert set(groupings("0101", 1)) == {(101,)}
    assert set(groupings("0101", 2)) == {(0, 101), (1, 1), (10, 1)}
    assert set(groupings("001001", 2)) >= {(1, 1)}
    assert [list(groupings(*bad)) for bad in [("", 1), ("12A", 1), ("1", 2), ("12", 0), ("٣٤", 1)]] == [[]] * 5


def test_countries_are_known_by_prefix_and_by_name() -> None:
    assert [country_of(code) for code in ("SO1101", "SOM", "XK01", "XM01", "1101", "SSD01")] == [
        "SOM",
        "SOM",
        "XKX",
        "",
        "",
        "SSD",
    ]
    assert country_named("United Republic of TANZANIA") == "TZA" == country_named("Tanzania")
    assert country_named("Maravela") == ""
    assert "Somalia" in country_names("SOM")
    assert country_names("XMV") == ()


@pytest.mark.parametrize(
    ("given", "known"),
    [("TD0101", "TCD0101"), ("CAF11", "CF11"), ("TCD0101", "TD0101"), ("XK01", "XKX01"), ("UA05", "UKR05")],
)
def test_prefixes_of_two_and_three_letters_mean_one_country(given, known) -> None:
    assert Gazetteer({1: [Area(known, "x", 1, BOX)]}).stages[1].other_prefix(given, 1) == 0


@pytest.mark.parametrize(
    ("given", "known"),
    [("SD01", "SSD01"), ("SN01", "SDN01"), ("MLT01", "ML01"), ("XY01", "XYZ01"), ("01", "SO01"), ("SO", "SOM")],
)
def test_prefixes_that_look_alike_do_not(given, known) -> None:
    assert Gazetteer({1: [Area(known, "x", 1, BOX)]}).stages[1].other_prefix(given, 1) is None


def test_widths_differ_but_numbers_agree_level_by_level() -> None:
    """0101 is district 1 of state 1, or district 1 of state 10: both are offered, and a name must decide."""
    states = [Area("NG001", "Abia", 1, BOX), Area("NG010", "Delta", 1, BOX)]
    districts = [Area("NG001001", "Aba", 2, BOX), Area("NG010001", "Aniocha", 2, BOX), Area("NG010101", "x", 2, BOX)]
    stage = Gazetteer({1: states, 2: districts}).stages[2]
    assert stage.other_width("NG0101", 2) == (0, 1)
    assert stage.other_width("NGA0101", 2) == (0, 1)
    assert stage.other_width("TD0101", 2) == ()


def test_without_a_coarser_level_every_cut_of_a_code_is_possible() -> None:
    stage = Gazetteer(
        {2: [Area("TCD0101", "Batha", 2, BOX), Area("TCD0201", "Borkou", 2, BOX, parent="TCD02")]}
    ).stages[2]
    assert stage.other_width("TD101", 2) == (0,)
    assert stage.other_width("TD00201", 2) == (1,)
    assert stage.other_width("TD0021", 2) == (1,), "a known parent leaves one cut: 02|01"


def test_a_unit_without_a_known_parent_belongs_where_its_code_begins() -> None:
    assert GAZETTEER.stages[1].parents == [0, 0], "of one country"
    assert GAZETTEER.stages[2].parents == [0, 0, 1, -1]


def test_names_match_through_accents_and_other_names() -> None:
    assert GAZETTEER.named("BAIDOA", "", 2) == (0,)
    assert GAZETTEER.named("baydhabo", "Awdal", 2) == (0,)


def test_a_name_used_twice_needs_its_parent() -> None:
    assert GAZETTEER.named("Bu'aale", "", 2) == (1, 2)
    assert GAZETTEER.named("Bu'aale", "Woqooyi", 2) == (2,)
    assert GAZETTEER.named("Bu'aale", "Parent unknown to us", 2) == (1, 2)


def test_a_name_is_not_taken_from_another_parent_or_country() -> None:
    assert GAZETTEER.named("Baydhabo", "Woqooyi", 2) == ()
    assert GAZETTEER.named("Stray", "Woqooyi", 2) == (3,), "its parent is not known, and so does not contradict"
    assert GAZETTEER.named("Awdal", "Kenya", 1) == ()
    assert GAZETTEER.named("Awdal", "Somalia, northern part", 1) == (0,)


def test_levels_tell_where_a_code_or_name_stands() -> None:
    assert GAZETTEER.levels(code="so11") == (1,)
    assert GAZETTEER.levels(name="baidoa") == (2,)
    assert GAZETTEER.levels(name="Nowhere") == ()
