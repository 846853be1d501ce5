"""Case files: read whole or refused with the one thing to mend."""

from datetime import date

import pytest

from riskmap.errors import CaseError
from riskmap.model.case import parse_case

GOOD = """
title = "Two regions"
resolution = 6
[area]
iso3 = "XMV"
[[area.boundaries]]
level = 2
path = "adm2.geojson"
[[area.boundaries]]
level = 1
path = "adm1.geojson"
[periods]
start = "2024-01"
end = "2024-03"
[[inputs]]
source = "acled"
path = "acled.csv"
observed = [2023-01-01, 2024-12-31]
aliases = { Old = "New" }
assumed = ["Old"]
"""


def test_a_good_case_is_read_whole() -> None:
    case = parse_case(GOOD, "two")
    assert [period.label for period in case.periods] == ["2024-01", "2024-02", "2024-03"]
    assert [boundary.level for boundary in case.boundaries] == [1, 2]
    assert case.inputs[0].observed == (date(2023, 1, 1), date(2024, 12, 31))
    assert (case.recipe, case.pcode_level, case.synthetic) == ("trafficking", 2, False)


def test_a_resolution_given_by_hand_takes_the_place_of_the_files() -> None:
    assert parse_case(GOOD, "two", resolution=4).resolution == 4


def test_days_and_a_box_will_do_as_well() -> None:
    text = GOOD.replace('"2024-01"', "2024-01-15").replace('"2024-03"', '"2024-02-01"')
    head, _, rest = text.partition("[area]")
    case = parse_case(f"{head}[area]\nbbox = [0.0, 0.0, 1.0, 1.0]\n[periods]{rest.partition('[periods]')[2]}", "box")
    assert case.bbox == (0, 0, 1, 1)
    assert [period.label for period in case.periods] == ["2024-01", "2024-02"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("resolution = 6", "resolutoin = 6", "resolution is missing|unknown key resolutoin"),
        ("resolution = 6", "resolution = 6\ncolour = 1", "unknown key colour"),
        ("resolution = 6", "resolution = 12", "resolution: Input should be less than or equal to 9"),
        ('end = "2024-03"', 'end = "2023-11"', "end .2023-11-01. before they start"),
        ('end = "2024-03"', 'end = "soon"', "periods.end: 'soon' is not a day"),
        ('end = "2024-03"', 'end = "2024-03"\nstep = "decade"', "periods.step: Input should be 'day'"),
        ('iso3 = "XMV"', 'iso3 = "Maravela"', "area.iso3"),
        ('iso3 = "XMV"', "", "needs its iso3"),
        ('iso3 = "XMV"', 'iso3 = "XMV"\nbbox = [0.0, 0.0, 1.0, 1.0]', "either by .*boundaries.* or by bbox"),
        ("level = 1", "level = 2", "two boundary files of one level"),
        ("[2023-01-01, 2024-12-31]", "[2024-12-31, 2023-01-01]", "observed ends .* before it starts"),
        ('assumed = ["Old"]', 'assumed = ["Odd"]', "'Odd'.* not among the aliases"),
        ('title = "Two regions"', "title = ", "not valid TOML"),
        ('source = "acled"', "", "inputs.0.source is missing"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        parse_case(GOOD.replace(old, new, 1), "two")


def test_a_box_must_be_a_box() -> None:
    head = GOOD.partition("[area]")[0]
    rest = GOOD.partition("[periods]")[2]
    with pytest.raises(CaseError, match="west, south, east, north"):
        parse_case(f"{head}[area]\nbbox = [1.0, 0.0, 0.0, 1.0]\n[periods]{rest}", "box")
