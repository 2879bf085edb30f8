"""A Dag that is scheduled by an asset starts by itself, and finds out which file landed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cluster import Cluster
from harness.sandbox import Sandbox
from tests.system.run import Run, worker_starts
from tests.system.scene import eventually

SAID = ("provider", "operation", "job_id", "files")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("landed")


@pytest.fixture(scope="module")
def run(cluster: Cluster, sandbox: Sandbox, folder: Path) -> Run:
    """A run of both tasks, which has ended."""
    media = {
        "init_image": f"{sandbox.url}/samples/hopper.jpg",
        "init_video": f"{sandbox.url}/samples/duo.mp4",
    }
    reply = sandbox.http.post("/api/v6/faceswap/single_video_swap", json={"key": sandbox.key, **media})
    cluster.wait_for_dags({f"{name}_has_landed" for name in ("swapped", "fetched", "folder")})
    found = Run.start(
        cluster,
        "assets",
        samples=f"{sandbox.url}/samples",
        job_id=str(reply.json()["id"]),
        output_path=f"file://{folder}",
    )
    assert found.ends() == "success"
    return found


def landed(cluster: Cluster, name: str) -> Any:
    """What the Dag that an outlet starts has seen."""
    dag_id = f"{name}_has_landed"
    eventually(lambda: cluster.rest.first_run(dag_id), f"{dag_id} has started", every=1)
    run_id = cluster.rest.first_run(dag_id)
    assert cluster.rest.wait_for_run(dag_id, run_id) == "success"
    return cluster.rest.xcom(dag_id, run_id, "events")


@pytest.mark.parametrize(("name", "task_id"), [("swapped", "swap"), ("fetched", "fetch")])
def test_the_event_of_an_asset_says_what_landed(run: Run, name: str, task_id: str) -> None:
    result = run.result(task_id)
    (event,) = landed(run.cluster, name)
    assert event["extra"] == {key: result[key] for key in SAID}
    (file,) = event["extra"]["files"]
    assert Path(file["url"].removeprefix("file://")).stat().st_size == file["bytes"] > 0


def test_an_alias_stands_for_the_folder(run: Run, folder: Path) -> None:
    result = run.result("swap")
    assert landed(run.cluster, "folder") == [
        {"uri": f"file://{folder}", "extra": {key: result[key] for key in SAID}}
    ]


def test_the_operator_had_deferred(run: Run) -> None:
    assert worker_starts(run.log("swap")) == 2


def test_the_ui_shows_it(run: Run) -> None:
    events = run.cluster.rest.request("GET", "/assets/events", params={"source_dag_id": "assets"})
    found = {(event["source_task_id"], event["name"]): event["extra"] for event in events["asset_events"]}
    assert len(found) == 3
    for (task_id, _), extra in found.items():
        assert {key: extra[key] for key in SAID} == {key: run.result(task_id)[key] for key in SAID}


def test_mapped_results_are_catalogued_by_what_they_say_though_one_failed(
    cluster: Cluster, sandbox: Sandbox, tmp_path: Path
) -> None:
    samples = f"{sandbox.url}/samples"
    failing = {"outcome": "failed", "input_has": f"{samples}/duo.jpg"}
    sandbox.http.post("/_sandbox/progress", json={**failing, "times": 1}).raise_for_status()
    run = Run.start(cluster, "catalogue", samples=samples, output_path=f"file://{tmp_path}")
    run.ends()
    swaps = [task for task in run.tasks() if task["task_id"] == "swap"]
    assert sorted(task["state"] for task in swaps) == ["failed", "success", "success", "success"]
    found = run.result("catalogue")
    assert list(found) == [f"{samples}/{name}.jpg" for name in ("astronaut", "hopper", "duo-face")]
    for target, (file,) in found.items():
        line = json.loads(Path(f"{file['url'].removeprefix('file://')}.provenance.json").read_text())
        assert line["inputs"]["target"] == target and line["sha256"] == file["sha256"]
    events = cluster.rest.request("GET", "/assets/events", params={"source_dag_id": "catalogue"})
    said = [event["extra"]["files"] for event in events["asset_events"]]
    assert len(said) == 3 and all(files in said for files in found.values())
