"""What the development installs: the same files everywhere."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "requirements-dev.txt").read_text()
# A pin, with the lines that continue it.
PINS = re.findall(
    r"^(\S+)==(\S+?)(?: ; [^\\\n]*)?((?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", TEXT, re.MULTILINE
)


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", requirement.partition("[")[0]).lower()


VERSIONS = {name_of(name): version for name, version, _ in PINS}


def test_each_line_is_a_pin_or_its_hash() -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith("    --hash=")]
    assert len(lines) == len(PINS) > 200


def test_each_pin_has_a_hash() -> None:
    assert not [name for name, _, hashes in PINS if not hashes]


def test_no_index_is_named() -> None:
    assert "://" not in TEXT and "-index" not in TEXT


def test_what_compiles_for_one_version_of_python_has_the_files_of_all() -> None:
    """Nine platforms and four Pythons at least; a list made for one machine would have one."""
    for name in ("aiohttp", "pydantic-core", "sqlalchemy", "yarl"):
        (hashes,) = [hashes for found, _, hashes in PINS if name_of(found) == name]
        assert hashes.count("--hash") > 20, name


def test_both_lists_agree() -> None:
    constraints = dict(
        line.partition(" ")[0].split("==") for line in (ROOT / "constraints.txt").read_text().splitlines()
    )
    both = constraints.keys() & VERSIONS.keys()
    assert len(both) > 200
    assert {name: constraints[name] for name in both} == {name: VERSIONS[name] for name in both}


@pytest.mark.parametrize("extra", ["", "dev", "sandbox"])
def test_what_the_project_asks_for_is_in_it(extra: str) -> None:
    wanted = [
        Requirement(line) for line in metadata("airflow-provider-faceswap").get_all("Requires-Dist", [])
    ]
    wanted = [item for item in wanted if not item.marker or item.marker.evaluate({"extra": extra})]
    assert len(wanted) > 5
    for item in wanted:
        assert item.specifier.contains(VERSIONS[name_of(item.name)]), item
