"""Long delimited files: read in blocks by several threads, and still every row keeps its number."""

from collections.abc import Callable, Sequence

import pytest

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources import delimited
from riskmap.sources.delimited import Delimited, read_delimited

MakeRaw = Callable[..., Raw]
ROWS = 3_000


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a kibibyte, so that a small file has many of them."""
    monkeypatch.setattr(delimited, "_BLOCK_BYTES", 1 << 10)


def read(raw: Raw, *places: int, delimiter: str | None = None, encoding: str | None = None) -> Delimited:
    def choose(header: Sequence[str]) -> Sequence[int]:
        return places or range(len(header))

    return read_delimited(raw, delimiter, encoding, choose)


def texts(found: Delimited) -> dict[int, list[str | None]]:
    return {place: column.to_pylist() for place, column in found.columns.items()}


def long_file(**odd: str) -> str:
    """Rows of a number, a text with a line break and a comma, and a word; some rows may be others."""
    rows = (odd.get(f"row{number}", f'{number},"said\n{number}, twice",é') for number in range(1, ROWS + 1))
    return "number,text,word\n" + "\n".join(rows) + "\n"


def test_many_blocks_give_what_one_would(raw: MakeRaw) -> None:
    found = read(raw(long_file()))
    assert found.header == ["number", "text", "word"]
    assert texts(found) == {
        0: [str(number) for number in range(1, ROWS + 1)],
        1: [f"said\n{number}, twice" for number in range(1, ROWS + 1)],
        2: ["é"] * ROWS,
    }
    assert (found.malformed, found.delimiter, found.notes) == ((), ",", ())


def test_only_the_columns_wanted_are_held(raw: MakeRaw) -> None:
    assert list(read(raw(long_file()), 2, 0).columns) == [2, 0]


def test_rows_that_do_not_fit_keep_their_numbers_across_blocks(raw: MakeRaw) -> None:
    found = read(raw(long_file(row7="7", row2900="2900,x,y,z")), 0)
    assert found.malformed == ((7, "1"), (2900, "4"))
    assert texts(found)[0] == [str(number) for number in range(1, ROWS + 1) if number not in {7, 2900}]


def test_a_cell_longer_than_a_block_is_read(raw: MakeRaw) -> None:
    longest = "x" * 5_000
    found = read(raw(long_file(row5=f"5,{longest},y", row9="9")), 1)
    assert texts(found)[1][4] == longest
    assert found.malformed == ((9, "1"),)


def test_cells_are_trimmed_of_every_white_space_and_empty_ones_are_null(raw: MakeRaw) -> None:
    found = read(raw("a,b,c,d\n x ,\u00a0y\u2003,é,\t\n z,y,è,\n"))
    assert texts(found) == {0: ["x", "z"], 1: ["y", "y"], 2: ["é", "è"], 3: [None, None]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_blank_lines_above_the_header_and_among_rows_count_as_nothing(end: str, mark: str, raw: MakeRaw) -> None:
    found = read(raw(mark + end.join(["", "", "a,b", "1,2", "", "3", "4,5"])))
    assert texts(found) == {0: ["1", "4"], 1: ["2", "5"]}
    assert found.malformed == ((2, "1"),)


def test_an_old_encoding_is_read_in_blocks_as_well(raw: MakeRaw) -> None:
    found = read(raw(("\r\n" + long_file()).encode("latin-1")), 2)
    assert (texts(found)[2], found.notes) == (["é"] * ROWS, ("not UTF-8; read as latin-1",))


def test_a_character_between_two_blocks_is_whole(raw: MakeRaw) -> None:
    cells = ["é" * length for length in range(500, 560)]
    assert texts(read(raw("a\n" + "\n".join(cells) + "\n")))[0] == cells


def test_a_file_cut_short_within_a_character_is_no_utf_8(raw: MakeRaw) -> None:
    found = read(raw("a\né\n".encode()[:-2]))
    assert (texts(found)[0], found.notes) == (["Ã"], ("not UTF-8; read as latin-1",))


@pytest.mark.parametrize("content", ["\ufeff", "\ufeff\n\n", "  \n1,2\n"])
def test_a_file_without_a_header_is_empty(content: str, raw: MakeRaw) -> None:
    with pytest.raises(InputError, match="the file is empty"):
        read(raw(content))


def test_a_suffix_does_not_tell_how_to_read(raw: MakeRaw) -> None:
    assert texts(read(raw("a\n1\n", "table.csv.gz")))[0] == ["1"]
