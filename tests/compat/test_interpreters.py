from __future__ import annotations

import sys
from pathlib import Path

import pytest

from compat.interpreters import find_python

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def fake(path: Path, says: str, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))


def test_the_running_one_will_do() -> None:
    assert find_python(HERE) == Path(sys.executable)


def test_none_is_found_where_there_is_none() -> None:
    assert find_python("3.99") is None


def test_one_on_the_path_is_found(tmp_path: Path) -> None:
    assert find_python("3.99") is None
    there = fake(tmp_path / "bin" / "python3.99", "3.99")
    assert find_python("3.99") == there


@pytest.mark.parametrize("folder", ["pyenv/versions/3.99.1", "uv/cpython-3.99.1-linux-x86_64-gnu"])
def test_a_shim_that_refuses_to_start_is_passed_over(tmp_path: Path, folder: str) -> None:
    fake(tmp_path / "bin" / "python3.99", "", code=127)
    there = fake(tmp_path / folder / "bin" / "python", "3.99")
    assert find_python("3.99") == there


def test_one_that_is_of_another_version_is_passed_over(tmp_path: Path) -> None:
    fake(tmp_path / "bin" / "python3.99", "3.98")
    assert find_python("3.99") is None
