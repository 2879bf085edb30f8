"""What the components of Airflow import for the processes that they fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import airflow_provider_faceswap
from airflow_provider_faceswap.plugins import preload
from airflow_provider_faceswap.plugins.faceswap import FaceSwapPlugin

ROOT = Path(airflow_provider_faceswap.__file__).parent
ROOT = Path(airflow_provider_faceswap.__file__).parent
START = """
import sys
sys.argv = ["airflow", *{command!r}]
from airflow.plugins_manager import ensure_plugins_loaded
ensure_plugins_loaded()
print(*sys.modules)
"""
SPAWN = """
import multiprocessing, sys
def loaded():
    from airflow.plugins_manager import ensure_plugins_loaded
    ensure_plugins_loaded()
    print("airflow_provider_faceswap.operators.base" in sys.modules)
if __name__ == "__main__":
    sys.argv = ["airflow", "scheduler"]
    child = multiprocessing.get_context("spawn").Process(target=loaded)
    child.start()
    child.join()
"""


def run(code: str, *arguments: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments, *([] if arguments else ["-c", code])],
        capture_output=True, text=True, check=True, env={**os.environ, **env},
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


def loaded(*command: str, **env: str) -> set[str]:
    """Start a command of Airflow in a process of its own; return the modules that its plugins bring."""
    return set(run(START.format(command=command), **env).split())


@pytest.mark.parametrize("command", preload.COMPONENTS)
def test_a_component_imports_what_tasks_import(command: str) -> None:
    found = loaded(command, "worker")
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for room in preload.ROOMS
        for path in (ROOT / room).rglob("*.py")
    }
    assert {name for name in names if f"{ROOT.name}.{name}" not in found} == set(preload.LATER)
    assert not found & {"boto3", "fastapi", "cv2", "av", "httpx_aiohttp"}


@pytest.mark.parametrize(
    ("command", "env"),
    [
        (["api-server"], {}),
        (["tasks", "test"], {}),
        (["celery", "worker"], {}),  # only its tasks load plugins, each for itself
        ([], {}),
        (["scheduler"], {"AIRFLOW__FACESWAP__PRELOAD": "False"}),
    ],
)
def test_others_do_not_nor_who_is_told_not_to(command: list[str], env: dict[str, str]) -> None:
    assert f"{ROOT.name}.operators.base" not in loaded(*command, **env)


def test_a_celery_worker_imports_it_by_name() -> None:
    code = f"import sys, {ROOT.name}.plugins.preload_celery; print(*sys.modules)"
    assert f"{ROOT.name}.operators.base" in run(code)


def test_a_process_that_was_spawned_does_not(tmp_path: Path) -> None:
    script = tmp_path / "spawn.py"
    script.write_text(SPAWN)
    assert run("", str(script)) == "False"


def test_there_is_no_listener() -> None:
    """Airflow refuses ``end_from_trigger`` where there is one."""
    assert not FaceSwapPlugin.listeners


def test_a_module_that_cannot_be_imported_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(preload, "OTHERS", ("nosuchmodule",))
    preload.preload.cache_clear()
    preload.preload()
    preload.preload.cache_clear()
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "nosuchmodule" in record.getMessage()


@pytest.mark.parametrize(("option", "imports"), [("", True), ("false", False), ("perhaps", False)])
def test_an_empty_option_is_the_default_and_a_wrong_one_stops_nothing(option: str, imports: bool) -> None:
    code = f"import sys, {ROOT.name}.plugins.preload_celery; print('{ROOT.name}.batch.run' in sys.modules)"
    assert run(code, AIRFLOW__FACESWAP__PRELOAD=option) == str(imports)
