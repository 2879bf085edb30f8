"""One run of a Dag, measured."""

from __future__ import annotations

import json
import statistics
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.videos.cost import Slots, busy, cpu_seconds
from benchmarks.videos.given import video
from benchmarks.videos.vendor import counts
from harness.cluster import Cluster

REST_INTERVAL = 2.0
"""Seconds between two questions whether a run has ended; the idle baseline is asked as often."""
QUIET = 6.0
"""Seconds after the last task in which workers and API server finish what they have begun."""
TIMEOUT = 3600.0


@dataclass(frozen=True)
class Variant:
    """
    A way to have videos made.

    :param name: of its Dag, without the number of videos.
    :param title: for people.
    :param keeps: whether it stores the results.
    """

    name: str
    title: str
    keeps: bool


@dataclass(frozen=True)
class Figures:
    """What a run took, for each video."""

    variant: str
    videos: int
    round: int
    cpu: float
    slots: float
    requests: float
    connections: float
    lateness: float
    wall: float


@dataclass(frozen=True)
class Bench:
    """
    Where the runs are made.

    :param cluster: a running Airflow.
    :param vendor: URL of the stand-in.
    :param folder: of the results.
    """

    cluster: Cluster
    vendor: str
    folder: Path

    def idle(self, seconds: float) -> float:
        """Return the CPU seconds that an idle second takes."""
        started, before = time.monotonic(), cpu_seconds(self.cluster)
        while time.monotonic() < started + seconds:
            self.cluster.rest.health()
            time.sleep(REST_INTERVAL)
        return (cpu_seconds(self.cluster) - before) / (time.monotonic() - started)

    def run(self, variant: Variant, size: int, round: int, idle: float = 0.0) -> Figures:
        """
        Run a Dag to its end.

        :param size: how many videos.
        :param round: numbers the run.
        :param idle: what an idle second takes.
        """
        dag_id, run_id = f"{variant.name}_{size}", f"{variant.name}-{size}-{round}"
        counts(self.vendor)
        started, before = time.monotonic(), cpu_seconds(self.cluster)
        with Slots(self.cluster) as slots:
            self.cluster.rest.trigger_dag(dag_id, run_id=run_id)
            state = self.cluster.rest.wait_for_run(dag_id, run_id, timeout=TIMEOUT, interval=REST_INTERVAL)
            wall = time.monotonic() - started
            while busy(self.cluster):
                time.sleep(REST_INTERVAL)
        time.sleep(QUIET)
        cpu = cpu_seconds(self.cluster) - before - idle * (time.monotonic() - started)
        seen = counts(self.vendor)
        if state != "success" or len(seen["videos"]) != size:
            said = self._failures(dag_id, run_id)
            raise RuntimeError(f"{run_id}: {state}, {len(seen['videos'])} of {size} videos\n{said}")
        late = self._lateness(variant, dag_id, run_id, size, seen["videos"])
        per = (cpu, slots.seconds, seen["requests"], seen["connections"])
        return Figures(variant.name, size, round, *(each / size for each in per), late, wall)

    def _failures(self, dag_id: str, run_id: str) -> str:
        rest, found = self.cluster.rest, []
        for task in rest.task_instances(dag_id, run_id):
            if task["state"] == "failed":
                which = {"try_number": task["try_number"], "map_index": task["map_index"]}
                found.append(rest.task_log(dag_id, run_id, task["task_id"], **which)[-3000:])
        return "\n".join(found[:1])

    def _lateness(
        self, variant: Variant, dag_id: str, run_id: str, size: int, jobs: dict[str, dict[str, object]]
    ) -> float:
        """Return the seconds from the vendor's end to the task's, or of a batch to the stored file's."""
        late = []
        if variant.name == "batch":
            for job in jobs.values():
                stored = next((self.folder / run_id).glob(f"*-{job['job_id']}.mp4"))
                late.append(stored.stat().st_mtime - float(str(job["end"])))
            return statistics.mean(late)
        for task in self.cluster.rest.task_instances(dag_id, run_id):
            if task["task_id"].endswith("submit"):
                continue
            ended = datetime.fromisoformat(task["end_date"]).timestamp()
            late.append(ended - float(str(jobs[video(task["map_index"])]["end"])))
        return statistics.mean(late)


def write_items(folder: Path, size: int) -> None:
    """Write the batch's list."""
    lines = [json.dumps({"init_video": video(number)}) for number in range(size)]
    (folder / f"items-{size}.jsonl").write_text("\n".join(lines) + "\n")
