from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from compat.cells import CELLS
from compat.environment import CellError, Environment, clean_environment


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    environment = Environment(CELLS[0], tmp_path / "cells")
    environment.bin.mkdir(parents=True)
    return environment


def python_says(environment: Environment, text: str, code: int = 0) -> None:
    (environment.bin / "python").write_text(f"#!/bin/sh\necho '{text}'\nexit {code}\n")
    (environment.bin / "python").chmod(0o755)


def sdist(folder: Path) -> Path:
    top = folder / "airflow_provider_faceswap-1.0"
    for name in ("airflow_provider_faceswap/__init__.py", "tests/test_it.py", "pyproject.toml"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()
    with tarfile.open(folder / f"{top.name}.tar.gz", "w:gz") as archive:
        archive.add(top, top.name)
    return folder / f"{top.name}.tar.gz"


def test_the_tests_lie_without_the_package_beside_them(environment: Environment, tmp_path: Path) -> None:
    for _ in range(2):  # the second run starts from nothing
        environment.tree.mkdir(exist_ok=True)
        (environment.tree / "from_the_last_run").touch()
        environment.lay_tests(sdist(tmp_path))
        assert {path.name for path in environment.tree.iterdir()} == {"tests", "pyproject.toml"}


def test_the_wheels_copy_will_do(environment: Environment) -> None:
    environment.tree.mkdir()
    python_says(environment, "/cell/site-packages /cell/site-packages/airflow_provider_faceswap/__init__.py")
    environment.check_origin()


@pytest.mark.parametrize(
    "file", ["/checkout/airflow_provider_faceswap/__init__.py", "/cell/site-packages-2/x.py"]
)
def test_any_other_copy_is_refused(environment: Environment, file: str) -> None:
    environment.tree.mkdir()
    python_says(environment, f"/cell/site-packages {file}")
    with pytest.raises(
        CellError, match=f"would import {file}, which is not the wheel in /cell/site-packages"
    ):
        environment.check_origin()


def test_a_package_that_cannot_be_imported_is_no_proof(environment: Environment) -> None:
    environment.tree.mkdir()
    python_says(environment, "no such module", code=1)
    with pytest.raises(CellError, match="failed"):
        environment.check_origin()


def test_nothing_of_the_caller_leads_to_another_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/checkout")
    monkeypatch.setenv("VIRTUAL_ENV", "/checkout/.venv")
    monkeypatch.setenv("KEPT", "yes")
    assert {"PYTHONPATH", "VIRTUAL_ENV"}.isdisjoint(clean_environment())
    assert clean_environment()["KEPT"] == "yes"
