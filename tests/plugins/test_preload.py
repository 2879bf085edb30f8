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
from airflow_provider_faceswap.plugins import preload
class {component}: pass
preload.on_starting(component={component}())
print(*sys.modules)
"""


def loaded(component: str, **env: str) -> set[str]:
    """Start a component in a process of its own; return the modules that it has then."""
    code = START.format(component=component)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **env}
    )
    return set(done.stdout.splitlines()[-1].split())


def test_a_component_imports_what_tasks_import() -> None:
    found = loaded("Job")
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for room in preload.ROOMS
        for path in (ROOT / room).rglob("*.py")
    }
    assert {name for name in names if f"{ROOT.name}.{name}" not in found} == set(preload.LATER)
    assert not found & {"boto3", "fastapi", "cv2", "av", "httpx_aiohttp"}


@pytest.mark.parametrize(
    ("component", "env"), [("TaskRunnerMarker", {}), ("Job", {"AIRFLOW__FACESWAP__PRELOAD": "False"})]
)
def test_a_task_does_not_nor_who_is_told_not_to(component: str, env: dict[str, str]) -> None:
    assert f"{ROOT.name}.operators.base" not in loaded(component, **env)


def test_airflow_asks_it() -> None:
    assert FaceSwapPlugin.listeners == [preload]


def test_a_module_that_cannot_be_imported_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(preload, "OTHERS", ("nosuchmodule",))
    preload.preload()
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "nosuchmodule" in record.getMessage()
