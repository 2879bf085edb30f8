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


def test_it_mounts_the_pages_before_the_receiver_whose_path_is_shorter() -> None:
    apps = FaceSwapPlugin().fastapi_apps
    assert [app["url_prefix"] for app in apps] == ["/faceswap/pages", "/faceswap"]
    assert all(isinstance(app["app"], FastAPI) for app in apps)
    assert {route.path for route in apps[1]["app"].routes} == {"/callbacks/{vendor}/{token}"}


def test_the_tab_is_on_task_instances_and_on_runs_and_the_list_in_the_menu() -> None:
    views = {view["destination"]: view for view in FaceSwapPlugin.external_views}
    assert views.keys() == {"task_instance", "dag_run", "nav"}
    assert len({view["url_route"] for view in views.values()}) == len(views)
    # Relative: Airflow may lie under a path of its own.
    tab = "faceswap/pages/static/tab.html?dag_id={DAG_ID}&run_id={RUN_ID}"
    assert views["dag_run"]["href"] == tab
    assert views["task_instance"]["href"] == f"{tab}&task_id={{TASK_ID}}&map_index={{MAP_INDEX}}"
    assert views["nav"]["href"] == "faceswap/pages/static/jobs.html"
    assert (views["nav"]["name"], views["nav"]["category"]) == ("Face swaps", "browse")


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
    assert loaded == own
