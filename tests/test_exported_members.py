"""The front door: what `import riskmap` offers is a list, and the list is tested."""

import subprocess
import sys

import pytest

import riskmap


def test_the_list_is_sorted_and_short() -> None:
    assert sorted(riskmap.__all__) == riskmap.__all__
    assert len(riskmap.__all__) <= 30
    assert dir(riskmap) == riskmap.__all__


@pytest.mark.parametrize("name", riskmap.__all__)
def test_every_name_opens(name: str) -> None:
    assert getattr(riskmap, name).__doc__


def test_other_names_do_not() -> None:
    with pytest.raises(AttributeError, match="nonesuch"):
        riskmap.nonesuch


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, riskmap; print(sorted({'numpy', 'pyarrow', 'shapely', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
