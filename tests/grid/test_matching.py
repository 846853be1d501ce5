"""The ladder from words to areas: each step under its own word, no wrong level, and doubts told."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from riskmap.grid.crosswalk import Crosswalk
from riskmap.grid.matching import WAYS, Match, Matcher, Words
from riskmap.grid.places import Gazetteer
from riskmap.model.area import Area, Crossing

BOX = shapely.box(0, 0, 1, 1)
REGIONS = [Area("ML07", "Gao", 1, BOX), Area("ML09", "Taoudenni", 1, BOX), Area("ML10", "Bamako", 1, BOX)]
DISTRICTS = [
    Area("ML0701", "Ansongo", 2, BOX),
    Area("ML0702", "Bourem", 2, BOX, alternatives=("Burem",)),
    Area("ML0901", "Achouratt", 2, BOX),
    Area("ML0902", "Bourem", 2, BOX),
    Area("ML1001", "Kaya", 2, BOX),
    Area("ML1002", "Lassa", 2, BOX),
]
GAZETTEER = Gazetteer({0: [Area("MLI", "Mali", 0, BOX)], 1: REGIONS, 2: DISTRICTS})
MATCHER = Matcher(GAZETTEER)


def found(code="", name="", parent="", level=2, matcher=MATCHER, spell=0) -> Match:
    return matcher.find(Words(code, name, parent, level, spell))


def code_of(match: Match, level=2) -> str:
    (target,) = match.targets
    return GAZETTEER.areas[level][target[0]].pcode


@pytest.mark.parametrize(
    ("words", "way", "code"),
    [
        ({"code": " ml0701 "}, "code", "ML0701"),
        ({"code": "ML0702", "name": "BURÉM", "parent": "Gao"}, "code", "ML0702"),
        ({"code": "MLI0701"}, "prefix", "ML0701"),
        ({"code": "ML007001", "name": "Ansongo"}, "padded", "ML0701"),
        ({"code": "ML72", "name": "Bourem", "parent": "Gao"}, "padded", "ML0702"),
        ({"name": "ansongo"}, "name", "ML0701"),
        ({"name": "Bourem", "parent": "Taoudenni"}, "name", "ML0902"),
        ({"code": "P-17", "name": "Kaya"}, "name", "ML1001"),
    ],
)
def test_each_step_has_its_word(words, way, code) -> None:
    match = found(**words)
    assert (match.way, code_of(match), match.reason, match.doubt) == (way, code, "", "")


def test_countries_match_by_either_code_and_by_name() -> None:
    assert [found(code=code, level=0).way for code in ("MLI", "ML")] == ["code", "prefix"]
    assert found(name="Mali", level=0).way == "name"


def test_a_code_used_anew_is_overruled_by_the_name() -> None:
    """ML09 was Bamako before it became Taoudenni."""
    match = found("ML09", "Bamako", level=1)
    assert (match.way, match.doubt, code_of(match, 1)) == ("code reused", "code reused", "ML10")
    assert match.example == "ML09 Bamako: by code Taoudenni, by name ML10 Bamako"


def test_a_name_agrees_only_with_its_parent() -> None:
    """Both regions have a Bourem; the code says one, the parent the other."""
    match = found("ML0702", "Bourem", "Taoudenni")
    assert (match.way, code_of(match)) == ("code reused", "ML0902")
    assert found("ML0702", "Bourem", "Gao").way == "code"


def test_another_spelling_keeps_the_code_and_is_told() -> None:
    for code, way in (("ML0701", "code"), ("MLI0701", "prefix")):
        match = found(code, "Ansongho")
        assert (match.way, match.doubt, code_of(match)) == (way, "other spelling", "ML0701")
        assert match.example == f"{code} Ansongho: Ansongo"


def test_another_parent_keeps_the_code_and_is_told() -> None:
    match = found("ML0701", "Ansongo", "Bamako")
    assert (match.way, match.doubt, code_of(match)) == ("code", "other parent", "ML0701")
    assert match.example == "ML0701 Ansongo in Bamako: ML0701 Ansongo"


def test_a_name_of_several_places_does_not_overrule_a_code_but_stops_it() -> None:
    assert found("ML0701", "Bourem").reason == "p-code and name stand for different places"
    assert found("ML0702", "Bourem").way == "code", "one of them is the one of the code"


def test_other_widths_need_a_name_that_agrees() -> None:
    assert found("ML007001").reason == "p-code of another width, and no name that confirms it"
    assert found("ML007001", "Elsewhere").reason == "name not in the boundaries"
    close = found("ML007001", "Ansongho", "Gao")
    assert (close.way, close.doubt, code_of(close)) == ("padded", "other spelling", "ML0701")
    assert close.example == "ML007001 Ansongho: ML0701 Ansongo"
    assert found("ML007001", "Ansongho", "Bamako").targets == ()


def test_other_widths_yield_to_the_name() -> None:
    """Providers number districts in their own way: 7|1 is our Ansongo, but they write Kaya."""
    assert code_of(found("ML007001", "Kaya", "Bamako")) == "ML1001"
    assert found("ML007001", "Kaya", "Bamako").way == "name"


def test_an_alias_comes_first_and_is_told() -> None:
    matcher = Matcher(GAZETTEER, aliases={"old town": "Kaya", "North": "Taoudenni"})
    match = found(name="Old Town", matcher=matcher)
    assert (match.way, match.alias, code_of(match)) == ("alias", "Kaya", "ML1001")
    assert code_of(found(name="Bourem", parent="north", matcher=matcher)) == "ML0902"
    assert found("ML1001", "Old Town", matcher=matcher).way == "code"


def test_a_name_used_once_is_taken_from_another_parent_with_a_doubt() -> None:
    match = found(name="Kaya", parent="Gao")
    assert (match.way, match.doubt, code_of(match)) == ("name", "other parent", "ML1001")
    assert match.example == "Kaya in Gao: ML1001 Kaya"


def test_a_name_is_left_out_where_its_parent_holds_one_that_is_close() -> None:
    close = Gazetteer({1: REGIONS, 2: [*DISTRICTS, Area("ML0703", "Lassah", 2, BOX)]})
    assert found(name="Lassa", parent="Gao", matcher=Matcher(close)).reason == "name not in its parent"
    assert found(name="Lassa", parent="Gao").doubt == "other parent"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"code": "ML0701", "level": 3}, "no boundaries of level 3"),
        ({"code": "ML99"}, "p-code not in the boundaries"),
        ({"code": "ML07"}, "p-code of level 1"),
        ({"name": "Gao"}, "name of level 1"),
        ({"name": "Kaya", "level": 1}, "name of level 2"),
        ({"name": "Bourem"}, "name stands for several places"),
        ({"name": "Bourem", "parent": "Bamako"}, "name not in its parent"),
        ({"name": "Atlantis"}, "name not in the boundaries"),
        ({"code": "ML99", "name": "Atlantis"}, "name not in the boundaries"),
        ({"code": "NE0701", "name": "Kaya"}, "p-code of another country"),
        ({"code": "ML-XXX"}, "placeholder, not a place"),
        ({"name": "UNSPECIFIED", "parent": "Gao"}, "placeholder, not a place"),
        ({"code": "XXX", "name": "n/a"}, "placeholder, not a place"),
    ],
)
def test_what_is_not_found_says_why(words, reason) -> None:
    assert found(**words) == Match(reason=reason)


def test_a_placeholder_of_a_code_leaves_the_name() -> None:
    match = found("ML-XXX", "Kaya")
    assert (match.way, match.doubt, code_of(match)) == ("name", "", "ML1001")


BAMAKO = Crossing("ML10", code="ML09", note="before the reform")


def crossed(*crossings: Crossing) -> Matcher:
    return Matcher(GAZETTEER, Crosswalk(crossings))


def test_a_crosswalk_overrules_a_bare_code_but_not_one_whose_name_agrees() -> None:
    matcher = crossed(BAMAKO)
    assert (found("ML09", level=1, matcher=matcher).way, code_of(found("ML09", level=1, matcher=matcher), 1)) == (
        "crosswalk",
        "ML10",
    )
    assert code_of(found("ML09", "Taoudenni", level=1, matcher=matcher), 1) == "ML09"


def test_a_crosswalk_splits_a_place() -> None:
    parts = [Crossing("ML0701", name="Old Gao", share=0.25), Crossing("ML0702", name="Old Gao", share=0.75)]
    assert found(name="old gao", matcher=crossed(*parts)).targets == ((0, 0.25), (1, 0.75))


def test_a_crosswalk_never_leads_to_another_level() -> None:
    assert found(name="Kaya", matcher=crossed(Crossing("ML10", name="Kaya"))).way == "name"
    parts = [Crossing("ML0701", name="Old Gao", share=0.5), Crossing("ML07", name="Old Gao", share=0.5)]
    assert found(name="Old Gao", matcher=crossed(*parts)).reason == "crosswalk leads to places not of level 2"


CODES = [
    "",
    "ML-XXX",
    "ML",
    *(f"{prefix}{rest}" for prefix in ("ML", "MLI", "NE") for rest in ("07", "0701", "007001", "72")),
]
NAMES = ["", "UNSPECIFIED", "Atlantis", *(area.name for area in (*REGIONS, *DISTRICTS))]
WORDS = st.builds(
    Words,
    st.sampled_from([*CODES, *(area.pcode for area in (*REGIONS, *DISTRICTS))]),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.integers(0, 3),
)


@given(
    words=WORDS,
    crossing=st.sampled_from([None, BAMAKO, Crossing("ML0701", name="Kaya"), Crossing("ML07", code="ML0902")]),
)
def test_every_place_is_matched_on_its_level_or_says_why_not(words, crossing) -> None:
    match = crossed(*([crossing] if crossing else [])).find(words)
    assert bool(match.targets) == (match.way in WAYS) == (match.reason == "")
    assert all(0 <= row < len(GAZETTEER.areas[words.level]) for row, _ in match.targets)
    assert not match.targets or sum(share for _, share in match.targets) == pytest.approx(1)


@given(area=st.sampled_from(DISTRICTS), told=st.booleans(), crossing=st.sampled_from(DISTRICTS))
def test_an_exact_code_with_its_name_always_wins(area, told, crossing) -> None:
    parent = next(region.name for region in REGIONS if area.pcode.startswith(region.pcode))
    matcher = crossed(Crossing(crossing.pcode, code=area.pcode), Crossing(crossing.pcode, name=area.name))
    match = found(area.pcode, area.name, parent if told else "", matcher=matcher)
    assert (match.way, code_of(match)) == ("code", area.pcode)


@given(areas=st.permutations(DISTRICTS), words=WORDS)
def test_the_order_of_areas_does_not_matter(areas, words) -> None:
    shuffled = Gazetteer({**GAZETTEER.areas, 2: areas})
    ours, theirs = MATCHER.find(words), Matcher(shuffled).find(words)
    codes = [
        [gazetteer.areas[words.level][row].pcode for row, _ in match.targets]
        for gazetteer, match in ((GAZETTEER, ours), (shuffled, theirs))
    ]
    assert (codes[0], ours.way, ours.reason, ours.doubt) == (codes[1], theirs.way, theirs.reason, theirs.doubt)
