"""Pages: escaped, whole, and asking for nothing."""

import math
from html.parser import HTMLParser

import pytest

from riskmap.errors import StoreError
from riskmap.publish.page import Markup, Section, breakable, element, facts, page, percent, table, told, write_page

VOID = {"meta", "!doctype", "wbr"}


class Balance(HTMLParser):
    """Complains where tags do not close in the order in which they open."""

    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in {"src", "href", "xlink:href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(text):
    parser = Balance()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (0.0, "0"),
        (1e-7, "0"),
        (-0.25, "-0.25"),
        (2.5678, "2.57"),
        (12345.6, "12,346"),
        (1234567, "1,234,567"),
        ("<b> & 'c'", "&lt;b&gt; &amp; &#x27;c&#x27;"),
        (Markup("<b>"), "<b>"),
    ],
)
def test_values_as_text(value, text) -> None:
    assert told(value) == text


def test_elements_escape_what_is_put_into_them() -> None:
    assert element("p", "<i>", class_='a"b', data_x=1) == '<p class="a&quot;b" data-x="1">&lt;i&gt;</p>'
    assert facts({"a": 1, "b": None}) == "<dl><dt>a</dt><dd>1</dd><dt>b</dt><dd>–</dd></dl>"


def test_shares_stay_in_one_piece_and_long_names_may_be_broken() -> None:
    assert percent(0.1234) == "12.3\u00a0%"
    assert percent(0.1234, 0) == "12\u00a0%"
    assert percent(math.nan) == "–"
    assert breakable("a.b:c_<d>") == "a.<wbr>b:<wbr>c_<wbr>&lt;d&gt;"


def test_numbers_stand_to_the_right_and_charts_get_room() -> None:
    made = table(("name", "n", "chart", "none"), [("x", 1, element("svg"), None), ("y", None, element("svg"), None)])
    assert '<td class="n">1</td><td class="t"><svg></svg></td><td class="">–</td>' in made
    assert '<th class="n">n</th>' in made
    assert table(("a",), []).count("<td") == 0


def test_a_page_lists_its_sections_and_asks_for_nothing() -> None:
    text = page("A <title>", ["lead"], [Section("One & all", ["text"]), Section("Two", [])], synthetic=False)
    parser = checked(text)
    assert parser.links == ["#one-all", "#two"]
    assert 'id="one-all"' in text
    assert "default-src 'none'".replace("'", "&#x27;") in text
    assert "<script" not in text
    assert "Synthetic" not in text


def test_what_is_invented_is_said_first() -> None:
    text = page("T", ["lead"], [], synthetic=True)
    assert text.index("Synthetic: an invented place") < text.index("lead")


def test_a_page_appears_whole_or_not_at_all(tmp_path) -> None:
    path = write_page(tmp_path / "new" / "page.html", "text")
    assert path.read_text() == "text"
    assert [one.name for one in path.parent.iterdir()] == ["page.html"]
    with pytest.raises(StoreError, match="cannot be written"):
        write_page(tmp_path / "new", "text")
    assert [one.name for one in tmp_path.iterdir()] == ["new"]
