"""The Dags and the projects of the documents run as they are written there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.settings import component_environment
from tests.docs.blocks import BLOCKS, ROOT, Block

pytestmark = pytest.mark.slow

PYTHON = [block for block in BLOCKS if block.language == "python"]
# Dags that are parsed and not run, by their ids, and why.
NOT_RUN = {
    "swap_new_clips": "starts by a message in a queue at Amazon, and reads it",
    "swap_by_acme": "its vendor is in a package of its own: test_adding_a_vendor_page.py runs it",
}
DAG_ID = re.compile(r'DAG\(\s*"(\w+)"')


def dags_to_run(block: Block) -> set[str]:
    return set() if block.file else set(DAG_ID.findall(block.text)) - NOT_RUN.keys()


ALONE = [block for block in PYTHON if dags_to_run(block)]
PROJECTS = sorted({block.page for block in PYTHON if block.file} - {"docs/adding-a-vendor.md"})


def run_python(*arguments: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    env = component_environment(home) | {"AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True)


class Runs(NamedTuple):
    """What came of each block's Dags, by the block."""

    by_block: dict[str, dict[str, Any]]
    log: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    home = tmp_path_factory.mktemp("documents")
    for number, block in enumerate(ALONE):
        folder = home / f"block_{number:03}"
        folder.mkdir()
        (folder / "dag.py").write_text(block.text, encoding="utf-8")
    done = run_python("-m", "tests.docs.run_dags", cwd=ROOT, home=home)
    log = done.stdout + done.stderr
    assert done.returncode == 0, log[-8000:]
    files = [home / f"block_{number:03}" / "runs.json" for number in range(len(ALONE))]
    found = {str(block): json.loads(file.read_text()) for block, file in zip(ALONE, files, strict=True)}
    return Runs(found, log)


@pytest.mark.parametrize("block", ALONE, ids=str)
def test_a_dag_comes_to_its_end(block: Block, runs: Runs) -> None:
    states = {name: run["states"] for name, run in runs.by_block[str(block)].items()}
    for name in dags_to_run(block):
        assert states.get(name) == ["success"], f"{name}: {states.get(name)}\n{runs.log[-20000:]}"


def test_the_readme_shows_the_fields_of_a_real_result(runs: Runs) -> None:
    (shown,) = (json.loads(one.text) for one in BLOCKS if (one.page, one.language) == ("README.md", "json"))
    first = next(block for block in ALONE if block.page == "README.md")
    result = runs.by_block[str(first)]["first_swap"]["results"]["swap"]

    assert list(shown) == list(result)
    assert list(shown["files"][0]) == list(result["files"][0])


@pytest.mark.parametrize("page", PROJECTS)
def test_a_project_passes_its_tests_as_they_are_written(page: str, tmp_path: Path) -> None:
    files = [block for block in PYTHON if block.page == page and block.file]
    for block in files:
        path = tmp_path / block.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    run = run_python("-m", "pytest", "-p", "no:cacheprovider", cwd=tmp_path, home=tmp_path)

    written = sum(len(re.findall(r"^def test_", block.text, re.MULTILINE)) for block in files)
    assert f"{written} passed" in run.stdout, run.stdout[-8000:]
    assert written
