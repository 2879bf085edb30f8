"""The sandbox's rooms: `ls` explains them, and imports run one way."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import airflow_provider_faceswap.sandbox

PACKAGE = "airflow_provider_faceswap"
SANDBOX = f"{PACKAGE}.sandbox"
ROOT = Path(airflow_provider_faceswap.sandbox.__file__).parent
ROOMS = sorted(folder.name for folder in ROOT.iterdir() if (folder / "__init__.py").exists())
VENDORS = ("aifaceswap", "modelslab", "segmind")


def imports(file: Path) -> set[str]:
    """The full names that a module imports, also within functions."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def room_of(module: str) -> str:
    return module.removeprefix(f"{SANDBOX}.").partition(".")[0]


def test_nothing_of_the_provider_is_imported() -> None:
    foreign = {
        (str(file.relative_to(ROOT)), name)
        for file in ROOT.rglob("*.py")
        for name in imports(file)
        if name.split(".")[0] in ("airflow", PACKAGE) and not name.startswith(f"{SANDBOX}.")
    }
    assert foreign == set()


def test_rooms_import_each_other_one_way() -> None:
    graph: dict[str, set[str]] = {}
    for file in ROOT.rglob("*.py"):
        here = file.relative_to(ROOT).with_suffix("").parts[0]
        there = {room_of(name) for name in imports(file) if name.startswith(f"{SANDBOX}.")}
        graph.setdefault(here, set()).update(there - {here})
    order = list(TopologicalSorter(graph).static_order())
    assert set(ROOMS) < set(order)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_in_one_line_what_it_holds(room: str) -> None:
    text = (ROOT / room / "__init__.py").read_text()
    assert text.count("\n") == 1
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_has_the_same_three_files(vendor: str) -> None:
    files = {file.name for file in (ROOT / vendor).glob("*.py")}
    assert files == {"__init__.py", "routes.py", "fields.py", "replies.py"}
