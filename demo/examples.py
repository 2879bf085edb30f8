"""Run every example Dag against the sandbox and collect the outcomes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cluster import Cluster, ClusterError
from harness.rest import RUN_ENDED

EXAMPLE_DAGS = Path(__file__).resolve().parent.parent / "example_dags"
# What the example Dags have in their params: the sandbox's default origin, and a folder.
EXAMPLE_ORIGIN = "http://127.0.0.1:8765"
EXAMPLE_OUTPUT = "file:///tmp/faceswap"

Runs = dict[str, str]


@dataclass(frozen=True)
class TaskOutcome:
    """The outcome of one task instance."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: str | None
    try_number: int
    duration: float | None
    rendered_fields: dict[str, Any] = field(default_factory=dict)
    result: Any = None

    @property
    def name(self) -> str:
        """The task's name, with the map index if it has one."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"

    @property
    def stored(self) -> list[Path]:
        """The files that the task stored; of a batch, those that it bought."""
        result = self.result if isinstance(self.result, dict) else {}
        stored = result.get("stored") or []
        if result.get("succeeded", 0) > result.get("reused", 0):
            lines = _path(result["manifest"]).read_text(encoding="utf-8").splitlines()
            stored = [url for line in lines for url in json.loads(line)["stored"]]
        return [_path(url) for url in stored]


def _path(url: str) -> Path:
    return Path(url.removeprefix("file://"))


def copy_examples(folder: Path, sandbox_url: str, results: Path) -> None:
    """Write copies whose params name this sandbox and these folders, so that a run needs no other params.

    :param folder: where the copies go.
    :param results: gets a folder for each example.
    """
    folder.mkdir(parents=True)
    for example in EXAMPLE_DAGS.glob("[!_]*.py"):
        code = example.read_text(encoding="utf-8").replace(EXAMPLE_ORIGIN, sandbox_url)
        code = code.replace(EXAMPLE_OUTPUT, f"file://{results.resolve() / example.stem}")
        (folder / example.name).write_text(code, encoding="utf-8")


def example_dag_ids(cluster: Cluster, folder: Path, timeout: float = 60) -> list[str]:
    """Wait until every file of the folder has been loaded and return the ids of its Dags."""
    files = {str(path) for path in folder.resolve().glob("[!_]*.py")}
    if not files:
        raise ClusterError(f"no example Dags in {folder}")
    deadline = time.monotonic() + timeout
    while missing := files - {str(Path(dag["fileloc"]).resolve()) for dag in cluster.rest.dags()}:
        cluster.check_alive()
        cluster.check_dags_load()
        if time.monotonic() > deadline:
            raise ClusterError(f"not loaded after {timeout:.0f} s: {', '.join(sorted(missing))}")
        time.sleep(0.25)
    dags = cluster.rest.dags()
    return sorted(dag["dag_id"] for dag in dags if str(Path(dag["fileloc"]).resolve()) in files)


def start_examples(cluster: Cluster, dag_ids: Collection[str]) -> Runs:
    """Trigger a run of each Dag, with its default params, and return the run ids.

    A Dag that is scheduled by an asset starts by itself; its run has no id yet.
    """
    scheduled = {dag["dag_id"] for dag in cluster.rest.dags() if dag["timetable_summary"] == "Asset"}
    for dag_id in set(dag_ids) - scheduled:
        _end_runs(cluster, dag_id)
    return {dag_id: "" if dag_id in scheduled else cluster.rest.trigger_dag(dag_id) for dag_id in dag_ids}


def _end_runs(cluster: Cluster, dag_id: str) -> None:
    """End what Airflow has started by itself: in the first hours of a day that is the run of ``@daily``."""
    runs = cluster.rest.request("GET", f"/dags/{dag_id}/dagRuns")["dag_runs"]
    for run in runs:
        # It began before the connections were there, and the run that is triggered waits for it.
        if run["state"] in ("queued", "running"):
            path = f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}"
            cluster.rest.request("PATCH", path, json={"state": "failed"})


def _state(cluster: Cluster, runs: Runs, dag_id: str) -> str:
    runs[dag_id] = runs[dag_id] or cluster.rest.first_run(dag_id)
    return cluster.rest.run_state(dag_id, runs[dag_id]) if runs[dag_id] else "not started"


def wait_for_examples(
    cluster: Cluster,
    runs: Runs,
    *,
    timeout: float = 150,
    progress: Callable[[list[TaskOutcome]], None] = lambda tasks: None,
) -> dict[str, str]:
    """Wait until every run has ended or the time is up, and return the runs' states.

    :param runs: gets the ids of the runs that start by themselves.
    :param progress: called with all tasks about once a second.
    """
    deadline = time.monotonic() + timeout
    while True:
        states = {dag_id: _state(cluster, runs, dag_id) for dag_id in runs}
        progress(task_outcomes(cluster, runs))
        if set(states.values()) <= RUN_ENDED or time.monotonic() > deadline:
            return states
        cluster.check_alive()
        time.sleep(1)


def task_outcomes(cluster: Cluster, runs: Runs) -> list[TaskOutcome]:
    """Return the outcome of every task so far, without results."""
    return [
        TaskOutcome(
            dag_id=task["dag_id"],
            run_id=task["dag_run_id"],
            task_id=task["task_id"],
            map_index=task["map_index"],
            state=task["state"],
            try_number=task["try_number"],
            duration=task["duration"],
            rendered_fields=task.get("rendered_fields") or {},
        )
        for dag_id, run_id in runs.items()
        if run_id
        for task in cluster.rest.task_instances(dag_id, run_id)
    ]


def with_result(cluster: Cluster, task: TaskOutcome) -> TaskOutcome:
    """Add the task's XCom."""
    result = cluster.rest.xcom(task.dag_id, task.run_id, task.task_id, map_index=task.map_index)
    return TaskOutcome(**{**task.__dict__, "result": result})
