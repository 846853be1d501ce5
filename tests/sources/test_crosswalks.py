"""Crosswalk files: written by hand for a case, so that one bad line refuses the file."""

from datetime import date

import pytest

from riskmap.errors import InputError
from riskmap.model.area import Crossing
from riskmap.model.raw import Raw
from riskmap.sources.crosswalks import read_crosswalk


@pytest.fixture
def crosswalk(tmp_path):
    def reading(text: str) -> tuple[Crossing, ...]:
        path = tmp_path / "crosswalk.csv"
        path.write_text(text, encoding="utf-8")
        return read_crosswalk(Raw(path, "crosswalk.csv", ""))

    return reading


def test_every_line_is_a_crossing(crosswalk) -> None:
    text = (
        "code,name,to_code,valid_from,valid_to,share,note\n"
        "XM00,,XM01,2024-01-01,,0.25,census\n"
        "XM00,,XM02,2024-01-01,,0.75,census\n"
        ",Old Town,XM02,,2023-12-31,,\n"
    )
    assert crosswalk(text) == (
        Crossing("XM01", code="XM00", valid_from=date(2024, 1, 1), share=0.25, note="census"),
        Crossing("XM02", code="XM00", valid_from=date(2024, 1, 1), share=0.75, note="census"),
        Crossing("XM02", name="Old Town", valid_to=date(2023, 12, 31)),
    )


def test_only_the_needed_columns_need_be_there(crosswalk) -> None:
    assert crosswalk("to_code,code\nXM01,XM00\n") == (Crossing("XM01", code="XM00"),)
    assert crosswalk("to_code,name\nXM01,Old Town\n") == (Crossing("XM01", name="Old Town"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,target\nXM00,XM01\n", "no column 'to_code'"),
        ("code,to_code\nXM00,\nXM09,XM01\n", r"to_code is missing \(row 1: to_code is empty\)"),
        ("code,name,to_code\n,,XM01\n", r"neither code nor name \(row 1\)"),
        ("code,to_code,valid_from\nXM00,XM01,31/12/2023\n", "valid_from: not a date of the form 2024-01-31"),
        ("code,to_code,valid_to\nXM00,XM01,2023-02-30\n", "valid_to: not a date"),
        ("code,to_code,share\nXM00,XM01,half\n", "share: not a number"),
        ("code,to_code,share\nXM00,XM01,-1\n", "share: negative"),
        ("code,to_code,share\nXM00,XM01\n", "another number of cells than the header"),
    ],
)
def test_a_bad_line_refuses_the_file(crosswalk, text, message) -> None:
    with pytest.raises(InputError, match=message):
        crosswalk(text)
