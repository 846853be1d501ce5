"""The numbers the house holds itself to, over every Python file of the library and the service."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    [*(ROOT / "src").rglob("*.py"), *(ROOT / "api").glob("riskmap_api/**/*.py"), *(ROOT / "data").glob("*.py")]
)
BANNED = {"utils", "helpers", "common", "core", "base", "manager", "service", "handler"}
NAMES = [str(path.relative_to(ROOT)) for path in SOURCES]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its docstring left out: words that explain are not what makes it long."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_no_file_outgrows_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_no_function_outgrows_50_lines(path: Path) -> None:
    long = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions(path)}
    assert {name: lines for name, lines in long.items() if lines > 50} == {}


def test_the_median_function_has_at_most_12_lines() -> None:
    assert statistics.median(length(node) for path in SOURCES for node in functions(path)) <= 12


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_names_say_what_a_thing_is(path: Path) -> None:
    classes = [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    words = {name: set(re.findall(r"[A-Z]+[a-z0-9]*", name)) for name in classes}
    assert path.stem not in BANNED
    assert [name for name, parts in words.items() if {part.lower() for part in parts} & BANNED] == []


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_nothing_reads_the_environment_at_import(path: Path) -> None:
    """Only `Settings` looks at the environment, and only when it is built."""
    assert re.findall(r"\bos\.environ|\bgetenv\b|load_dotenv", path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_no_check_is_silenced(path: Path) -> None:
    silenced = re.findall(r"#\s*(?:noqa|type:\s*ignore|pragma: no cover|pyright:)", path.read_text(encoding="utf-8"))
    assert silenced == []


def test_imports_make_no_circle() -> None:
    graph = grimp.build_graph("riskmap", "riskmap_api", exclude_type_checking_imports=True)
    order = TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    assert len(list(order.static_order())) == len(graph.modules)


def test_one_broad_except_and_it_stands_in_problems() -> None:
    broad = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert broad in ([], ["api/riskmap_api/problems.py"])


def test_cells_become_text_only_at_the_edges() -> None:
    """Inside, a cell is a number; one function turns it into text, and only bytes that leave call it."""
    calling = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(r"\bcell_text\(|\bcells_from_text\(", path.read_text(encoding="utf-8"))
    }
    edges = ("src/riskmap/grid/cells.py", "src/riskmap/publish/", "api/riskmap_api/")
    assert [name for name in calling if not name.startswith(edges)] == []


def test_tracked_files_name_no_download_address() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    locks = [name for name in tracked if name.endswith((".lock", "package-lock.json"))]
    assert "requirements.lock" in locks
    assert [name for name in locks if "://" in (ROOT / name).read_text()] == []
