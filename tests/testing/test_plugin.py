"""The plugin in sessions of other projects, each in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent

import pytest

USES_IT = """
    import urllib.request

    def test_it(faceswap_sandbox):
        with urllib.request.urlopen(faceswap_sandbox.face, timeout=30) as answer:
            assert answer.read(2) == bytes([0xFF, 0xD8])
"""
FAILS_WITH_IT = """
    from pathlib import Path

    def test_it(faceswap_sandbox):
        Path("url").write_text(faceswap_sandbox.url)
        raise RuntimeError("the test itself")

    def test_nothing_is_left():
        import os, socket, threading
        from urllib.parse import urlsplit

        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(Path("url").read_text()).port)) != 0
        assert not [name for name in os.environ if name.startswith(("AIRFLOW_CONN", "AIRFLOW__FACESWAP"))]
        assert not {"sandbox", "faceswap-receiver"} & {thread.name for thread in threading.enumerate()}
"""
HIDES_A_LIBRARY = """
    import sys

    sys.modules["cv2"] = None
"""
# Whoever loads the plugin pays for what it imports: pytest is there already.
HEAVY = {"airflow", "httpx", "pydantic", "starlette", "uvicorn", "fastapi", "numpy", "cv2", "av"}
LOADS_IT = """
    import sys

    def test_modules():
        print("loaded:", *sys.modules)
"""


def run_pytest(
    folder: Path, code: str, *options: str, conftest: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run pytest as a project would that has a test of this code, and knows nothing of this repository."""
    (folder / "test_project.py").write_text(dedent(code))
    (folder / "conftest.py").write_text(dedent(conftest))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTEST"))}
    env = {**kept, "AIRFLOW_HOME": str(folder / "airflow")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        "-W",
        "error",
        *options,
    ]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    (entry,) = (found for found in entry_points(group="pytest11") if found.name == "faceswap")
    assert entry.value == "airflow_provider_faceswap.testing.plugin"


def test_a_session_that_does_not_use_it_loads_nothing_for_it(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, LOADS_IT)

    assert run.returncode == 0, run.stdout
    (loaded,) = (line.split() for line in run.stdout.splitlines() if line.startswith("loaded:"))
    assert "airflow_provider_faceswap.testing.plugin" in loaded
    assert not HEAVY & set(loaded)
    assert not [name for name in loaded if name.startswith("airflow_provider_faceswap.sandbox")]


def test_a_project_that_knows_nothing_of_this_repository_uses_it(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, USES_IT)

    assert run.returncode == 0, run.stdout + run.stderr


def test_what_it_started_is_gone_after_a_test_that_failed(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, FAILS_WITH_IT)

    assert "1 failed, 1 passed" in run.stdout, run.stdout
    assert "RuntimeError: the test itself" in run.stdout


def test_what_a_test_sets_itself_does_not_outlive_it(tmp_path: Path) -> None:
    code = """
        import os

        def test_a(monkeypatch, faceswap_sandbox):
            monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", "mine")

        def test_b():
            assert "AIRFLOW_CONN_MODELSLAB_DEFAULT" not in os.environ
    """
    run = run_pytest(tmp_path, code)

    assert "2 passed" in run.stdout, run.stdout


def test_without_the_extra_one_sentence_names_it(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, USES_IT, conftest=HIDES_A_LIBRARY)

    assert run.returncode == 1
    assert 'faceswap_sandbox needs cv2: pip install "airflow-provider-faceswap[sandbox]"' in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize("options", [(), ("--strict-markers", "--strict-config")])
def test_without_the_extra_other_tests_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    run = run_pytest(tmp_path, "def test_other(): pass", *options, conftest=HIDES_A_LIBRARY)

    assert run.returncode == 0, run.stdout
