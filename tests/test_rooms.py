"""The map of the package: imports run one way, and no room knows more than it may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import airflow_provider_faceswap

CODE = ("benchmarks", "compat", "demo", "example_dags", "harness", "tests")
PACKAGE = "airflow_provider_faceswap"
ROOT = Path(airflow_provider_faceswap.__file__).parent
REPOSITORY = Path(__file__).parent.parent

# Each room may import from rooms of a lower or of its own rank.
RANKS = {
    "exceptions": 0, "connection_form": 0,
    "apis": 1,
    "options": 2, "threads": 2, "connections": 2,
    "hooks": 3, "journal": 3, "storage": 3, "callbacks": 3, "media": 3, "metrics": 3,
    "triggers": 4,
    "execution": 5,
    "batch": 6,
    "operators": 7, "sensors": 7, "retry_policy": 7,
}  # fmt: skip
# Rooms that stand beside the others: what they may import of the package.
BESIDE = {
    "plugins": {"callbacks", "pages"},
    "cli": {"apis", "batch", "callbacks", "exceptions", "journal", "options", "pages", "storage"},
    "pages": {"apis", "batch", "exceptions", "options", "storage"},
    "sandbox": set(),
    "testing": {"apis", "callbacks", "exceptions", "hooks", "sandbox"},
    "get_provider_info": {"apis", "connection_form"},
    "vendors": {"apis", "connection_form", "exceptions", "hooks", "operators", "sensors"},
}
FOREIGN = {
    "exceptions": ("airflow", "httpx", "pydantic"),
    "apis": ("airflow", "httpx", "aiohttp", "fastapi"),
    "sandbox": ("airflow",),
}


def room_of(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{item.name}" for item in node.names)


FILES = sorted(file for file in ROOT.rglob("*.py") if file != ROOT / "__init__.py")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_run_one_way(file: Path) -> None:
    room = room_of(file)
    for name in imports(file):
        top, *rest = name.split(".")
        if top != PACKAGE:
            assert top not in FOREIGN.get(room, ()), f"{room} must not import {name}"
        elif rest and (other := rest[0]) not in (room, "__version__"):
            if room in BESIDE:
                assert other in BESIDE[room], f"{room} must not import {name}"
            else:
                assert other in RANKS, f"{room} must not import {name}"
                assert RANKS[other] <= RANKS[room], f"{room} must not import {name}"


def test_every_room_has_its_place_on_the_map() -> None:
    rooms = {room_of(file) for file in FILES}
    assert rooms == RANKS.keys() | BESIDE.keys()
    contributing = (REPOSITORY / "CONTRIBUTING.md").read_text()
    for room in rooms - {"get_provider_info"}:
        assert f"`{room}/`" in contributing or f"`{room}.py`" in contributing, f"the map lacks {room}"


def test_no_module_holds_two_ideas() -> None:
    beside = [file for folder in CODE for file in (REPOSITORY / folder).rglob("*.py")]
    long = {str(file): len(file.read_text().splitlines()) for file in (*FILES, *beside)}
    assert not {file: lines for file, lines in long.items() if lines > 300}
