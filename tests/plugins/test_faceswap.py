from __future__ import annotations

import subprocess
import sys
from importlib import metadata

from fastapi import FastAPI

from airflow_provider_faceswap.plugins.faceswap import FaceSwapPlugin


def test_airflow_finds_the_plugin() -> None:
    (entry,) = [
        found for found in metadata.entry_points(group="airflow.plugins")
        if found.dist and found.dist.name == "airflow-provider-faceswap"
    ]  # fmt: skip
    assert entry.load() is FaceSwapPlugin
    FaceSwapPlugin.validate()  # type: ignore[no-untyped-call]


def test_it_mounts_the_receiver_where_the_url_says() -> None:
    (app,) = FaceSwapPlugin().fastapi_apps
    assert isinstance(app["app"], FastAPI)
    assert app["url_prefix"] == "/faceswap"


def test_loading_it_imports_next_to_nothing() -> None:
    module = "airflow_provider_faceswap.plugins.faceswap"
    code = f"import sys, airflow.sdk, airflow.plugins_manager; old = set(sys.modules); import {module}; "
    code += "print(*set(sys.modules) - old)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(output.splitlines()[-1].split()) - {"airflow_provider_faceswap"}
    own = {name for name in loaded if name.startswith("airflow_provider_faceswap")}
    assert own == {
        "airflow_provider_faceswap.plugins",
        "airflow_provider_faceswap.plugins.preload",
        module,
    }
    assert loaded - own <= {"airflow.listeners", "airflow._shared.listeners"}
