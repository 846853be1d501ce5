"""Errors in a recipe name a line: the deepest part of the key that has one of its own."""

import pytest

from riskmap.score.lines import line_of

TEXT = """\
name = "x"

[thresholds]   # how much
indicator = 0.5

[[classes]]
name = "low"
[[classes]]
name = "high"

[indicators.transit]
weight = 1
feeds = [
  { measure = "a:b" },
  { measure = "c:d" },
]
kernel.shape = "quartic"
"quoted" = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 1),
        (("thresholds",), 3),
        (("thresholds", "indicator"), 4),
        (("thresholds", "missing"), 3),
        (("classes", 0, "name"), 7),
        (("classes", 1), 8),
        (("classes", 1, "name"), 9),
        (("indicators", "transit", "feeds"), 13),
        (("indicators", "transit", "feeds", 1, "measure"), 15),
        (("indicators", "transit", "kernel", "shape"), 17),
        (("indicators", "transit", "quoted"), 18),
        (("indicators", "unwritten"), 1),
        ((), 1),
    ],
)
def test_a_key_is_found_on_its_line(path, line) -> None:
    assert line_of(TEXT, path) == line
