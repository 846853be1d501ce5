"""Files that hold a table: whatever their dress, the same text comes out."""

import contextlib
import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap.errors import InputError
from riskmap.model.raw import Raw
from riskmap.sources.columns import Table
from riskmap.sources.tabular import is_json, json_list, read_json, read_table, sheet_names, table_of_records

MakeRaw = Callable[..., Raw]


def rows(table: Table) -> list[tuple[object, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns.values()), strict=True))


def workbook(*sheets: tuple[str, str]) -> bytes:
    """A workbook of sheets given as name and rows in SpreadsheetML."""
    names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, (name, _) in enumerate(sheets, 1))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "".join(
        f'<Relationship Id="r{n}" Type="{kind}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in enumerate(sheets, 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs>'
    links += f'<Relationship Id="s" Type="{kind}/styles" Target="styles.xml"/>'
    office = f'<Relationship Id="r1" Type="{kind}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{package}">{office}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kind}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{styles}</styleSheet>',
    }
    for number, (_, content) in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{content}</sheetData></worksheet>'
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


PEOPLE = (
    f"<row r='1'>{text('A1', 'Day')}{text('B1', ' People ')}{text('C1', 'Name')}{text('D1', 'Sure')}</row>"
    "<row r='2'><c r='A2' s='1'><v>44285</v></c><c r='B2'><v>534</v></c>"
    f"{text('C2', ' NA ')}<c r='D2' t='b'><v>1</v></c></row>"
    "<row r='3'><c r='A3' s='2'><v>44285.5</v></c><c r='B3'><v>0.5</v></c></row>"
)


def test_a_delimited_file(raw: MakeRaw) -> None:
    table = read_table(raw('name, value \nNA, 1\n"a, ""b""\nc",\n'))
    assert list(table.columns) == ["name", "value"]
    assert rows(table) == [("NA", "1"), ('a, "b"\nc', None)]
    assert (table.name, table.rows.tolist(), table.notes, table.malformed) == ("file.csv", [1, 2], (), ())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_stands_in_the_header(delimiter: str, raw: MakeRaw) -> None:
    assert rows(read_table(raw(f"a{delimiter}b\n1{delimiter}2.5\n"))) == [("1", "2.5")]


def test_a_delimiter_may_be_told(raw: MakeRaw) -> None:
    assert rows(read_table(raw("a:b\n1:2\n"), delimiter=":")) == [("1", "2")]
    with pytest.raises(InputError, match="option delimiter must be one character, not '::'"):
        read_table(raw("a:b\n1:2\n"), delimiter="::")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind(end: str, raw: MakeRaw) -> None:
    assert rows(read_table(raw(end.join(["", "a,b", "1,2", "3,4"])))) == [("1", "2"), ("3", "4")]


def test_a_file_may_begin_with_any_number_of_blank_lines(raw: MakeRaw) -> None:
    assert rows(read_table(raw("\n" * 70_000 + "a,b\n1,2\n"))) == [("1", "2")]
    with pytest.raises(InputError, match="the file is empty"):
        read_table(raw("\n" * 70_000))


def test_a_byte_order_mark_is_no_part_of_the_first_name(raw: MakeRaw) -> None:
    assert list(read_table(raw("\ufeffcode,b\n1,2\n")).columns) == ["code", "b"]


def test_an_old_encoding_is_read_and_told(raw: MakeRaw) -> None:
    table = read_table(raw("name\nCôte d'Ivoire\n".encode("latin-1")))
    assert (rows(table), table.notes) == ([("Côte d'Ivoire",)], ("not UTF-8; read as latin-1",))
    cyrillic = raw("name\nКиїв\n".encode("cp1251"))
    assert rows(read_table(cyrillic, encoding="cp1251")) == [("Київ",)]
    with pytest.raises(InputError, match="neither UTF-8 nor ascii"):
        read_table(cyrillic, encoding="ascii")
    with pytest.raises(InputError, match=r"neither UTF-8 nor klingon .* give the option encoding"):
        read_table(cyrillic, encoding="klingon")


def test_hxl_tags_are_skipped_and_told(raw: MakeRaw) -> None:
    table = read_table(raw("id,date,note,people\n,#date,,#affected\n1,2022-01-01,#first,5\n"))
    assert rows(table) == [("1", "2022-01-01", "#first", "5")]
    assert (table.rows.tolist(), table.notes) == ([2], ("1 row of HXL tags skipped",))


def test_a_row_with_one_hash_among_many_cells_is_data(raw: MakeRaw) -> None:
    assert len(read_table(raw("a,b,c\n#1,2,3\n"))) == 1


def test_index_columns_without_name_are_left_out(raw: MakeRaw) -> None:
    assert list(read_table(raw(",Unnamed: 0,a,b,c\n0,0,1,2,3\n")).columns) == ["a", "b", "c"]


def test_blank_rows_are_left_out_and_told(raw: MakeRaw) -> None:
    table = read_table(raw("a,b\n1,2\n,\n , \n3,4\n"))
    assert (rows(table), table.rows.tolist()) == ([("1", "2"), ("3", "4")], [1, 4])
    assert table.notes == ("2 blank rows skipped",)


def test_rows_that_do_not_fit_the_header_are_named(raw: MakeRaw) -> None:
    table = read_table(raw("a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n"))
    assert table.malformed == ((2, "1"), (4, "3"))
    assert table.rows.tolist() == [1, 3, 5]
    assert table.columns["a"].to_pylist() == ["1", "4", "9"]


def test_a_quote_that_never_closes_swallows_nothing(raw: MakeRaw) -> None:
    with pytest.raises(InputError, match="not a delimited table"):
        read_table(raw('a,b\n1,"2\n3,4\n5,6\n'))
    assert rows(read_table(raw('a,b\n1,5" pipe\n'))) == [("1", '5" pipe')]


@pytest.mark.parametrize("content", ["Title\n", "a,b\n", "a,b", "a,b\n\n"])
def test_a_header_without_rows_is_refused(content: str, raw: MakeRaw) -> None:
    with pytest.raises(InputError, match="no rows below the header"):
        read_table(raw(content))


def test_only_the_columns_asked_for_are_read(raw: MakeRaw) -> None:
    """Whatever their case; what else is there is known by name, so that a message can tell it."""
    table = read_table(raw("id,Notes, Value \n1,long,2\n"), columns={"ID", "value", "absent"})
    assert {name: column.to_pylist() for name, column in table.columns.items()} == {"id": ["1"], "Value": ["2"]}
    assert table.unread == ("Notes",)
    assert table.find("absent") is None
    with pytest.raises(InputError, match="no column 'absent'; found 'id', 'Value', 'Notes'"):
        table.text("absent")
    with pytest.raises(LookupError, match=r"'notes' must be among the columns asked for when file\.csv is read"):
        table.find("notes")


def test_a_file_with_none_of_the_columns_asked_for_is_read_whole(raw: MakeRaw) -> None:
    assert list(read_table(raw("a,b\n1,2\n"), columns={"x"}).columns) == ["a", "b"]


def test_a_row_is_blank_only_if_what_was_not_asked_for_is_blank_too(raw: MakeRaw) -> None:
    table = read_table(raw("a,b\n1,2\n,3\n,\n"), columns={"a"})
    assert (table.columns["a"].to_pylist(), table.notes) == (["1", None], ("1 blank rows skipped",))


def test_tags_are_told_from_all_columns(raw: MakeRaw) -> None:
    """One cell with a hash among those asked for is data, if the others have none."""
    assert read_table(raw("a,b,c\n#1,2,3\n"), columns={"a"}).columns["a"].to_pylist() == ["#1"]
    assert read_table(raw("a,b,c\n#x,#y,#z\n1,2,3\n"), columns={"a"}).columns["a"].to_pylist() == ["1"]


def test_a_repeated_name_is_refused_once_it_is_asked_for(raw: MakeRaw) -> None:
    table = read_table(raw("a,b,b\n1,2,3\n"))
    assert table.text("a").to_pylist() == ["1"]
    with pytest.raises(InputError, match="2 columns have this name"):
        table.text("b")


def test_a_workbook(raw: MakeRaw) -> None:
    """Whole numbers lose their point, days are ISO, text stays text."""
    table = read_table(raw(workbook(("Data", PEOPLE)), "book.xlsx"))
    assert table.text("people").to_pylist() == ["534", "0.5"]
    assert table.text("day").to_pylist() == ["2021-03-30", "2021-03-30 12:00:00"]
    assert table.text("name").to_pylist() == ["NA", None]
    assert table.text("sure").to_pylist() == ["true", None]


def test_sheets_of_a_workbook(raw: MakeRaw) -> None:
    title = f"<row r='1'>{text('A1', 'Report of March')}</row><row r='3'>{text('A3', 'x')}{text('C3', 'y')}</row>"
    book = raw(workbook(("Summary", title), ("Data", PEOPLE), ("Empty", "")), "book.xlsx")
    assert sheet_names(book) == ("Summary", "Data", "Empty")
    assert len(read_table(book, sheet="Data")) == 2
    with pytest.raises(InputError, match=r"'Report of March'.*the workbook has the sheets 'Summary', 'Data'"):
        read_table(book)
    with pytest.raises(InputError, match="no sheet 'Date'; found 'Summary', 'Data', 'Empty'"):
        read_table(book, sheet="Date")
    with pytest.raises(InputError, match="a title, not column names: none"):
        read_table(book, sheet="Empty")


def test_a_workbook_that_is_damaged(raw: MakeRaw) -> None:
    whole = workbook(("Data", PEOPLE))
    with pytest.raises(InputError, match="not a workbook that can be read"):
        read_table(raw(whole[: len(whole) // 2], "book.xlsx"))
    with pytest.raises(InputError, match="a sheet cannot be read"):
        read_table(raw(whole.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet9.xml"), "book.xlsx"))
    assert sheet_names(raw("a,b\n1,2\n")) == ()


def test_a_json_list(raw: MakeRaw) -> None:
    records = [{"a": 1, "b": None, "c": [1, {"d": 2}]}, {"a": 2.5, "e": True, "b": " "}]
    file = raw("\ufeff " + json.dumps(records), "list.json")
    assert is_json(file)
    table = read_table(file)
    assert {name: column.to_pylist() for name, column in table.columns.items()} == {
        "a": ["1", "2.5"],
        "b": [None, None],
        "c": ['[1,{"d":2}]', None],
        "e": [None, "true"],
    }


def test_a_list_somewhere_inside(raw: MakeRaw) -> None:
    value = read_json(raw('[{"groups": [{"a": 1}]}]'))
    assert json_list("f", value, "0.groups") == [{"a": 1}]
    for path, told in [("1.groups", "a list of 1"), ("0.group", "'groups'"), ("0.groups.0.a.b", "nothing at")]:
        with pytest.raises(InputError, match=told):
            json_list("f", value, path)
    with pytest.raises(InputError, match="a list of records is needed; found an object with 'groups'"):
        json_list("f", value, "0")
    with pytest.raises(InputError, match="the list of records is empty"):
        json_list("f", [])


def test_a_list_of_something_else(raw: MakeRaw) -> None:
    with pytest.raises(InputError, match="row 2: an object is needed; found 'x'"):
        table_of_records("f", [{}, "x"])
    with pytest.raises(InputError, match="the download may have been cut short"):
        read_json(raw('{"a": '))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        table = read_table(Raw(path, "any", ""))
        assert len(table) + len(table.malformed) > 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)] * 2), min_size=1)
)
def test_text_comes_back_as_it_was_written(tmp_path: Path, cells: list[tuple[str, str]]) -> None:
    """Trimmed, with emptiness as null; a first column of numbers keeps rows from being blank."""
    path = tmp_path / "written.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
            [("n", "a", "b"), *((n, *row) for n, row in enumerate(cells))]
        )
    table = read_table(Raw(path, "written.csv", ""))
    assert rows(table) == [(str(n), *((cell.strip() or None) for cell in row)) for n, row in enumerate(cells)]


def test_a_first_row_of_very_many_cells_is_no_header(raw) -> None:
    with pytest.raises(
        InputError, match="its first row has 20,000 cells, which is no header; its line ends may be lost"
    ):
        read_table(raw("a," * 19_999 + "\n1,2\n"))


def test_columns_of_one_name_stay_apart(raw) -> None:
    table = read_table(raw("a, a ,b,a\n1,2,3,4\n"))
    assert {name: column.to_pylist() for name, column in table.columns.items()} == {
        "a": ["1"],
        "a ": ["2"],
        "b": ["3"],
        "a  ": ["4"],
    }
