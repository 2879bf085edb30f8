"""
What a video costs in rows, requests and CPU, each counted where it is spent.

Run ``python -m benchmarks.units --runs docs/units-runs.csv --csv docs/units.csv``; it takes a quarter of an
hour and needs the extra ``cluster``. An Airflow with LocalExecutor on PostgreSQL (without fsync) and a bucket
on moto's server runs mapped swaps and batches of several sizes: what grows with the number of videos is the
cost of a video, what grows with the task's starts is the cost of a start. Rows are those that PostgreSQL
inserted, updated or deleted. CPU is that of each component's processes. What an idle Airflow does in the same
time is taken off. Then one event loop runs a thousand triggers: their memory, and the CPU of a poll.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from airflow_provider_faceswap.sandbox.jobs.progress import Progress
from airflow_provider_faceswap.sandbox.pictures.samples import sample
from airflow_provider_faceswap.sandbox.server import SandboxServer
from airflow_provider_faceswap.testing.connections import connection
from benchmarks.crowd import memory
from benchmarks.loop import connect, measuring, run_triggers, silence
from benchmarks.scale.counting import Counters, Figures, difference
from benchmarks.scale.fitting import IDLE, CountedRun, write_runs, write_units
from benchmarks.scale.given import BUCKET, CONN_ID, FACE, KINDS, MEDIA, dag_id, inputs
from benchmarks.vendor import counts as poll_counts
from benchmarks.vendor import vendor as polled
from benchmarks.videos.__main__ import IDLE_SECONDS, ROOT, SETTINGS
from benchmarks.videos.cost import Slots, busy
from benchmarks.videos.runs import QUIET, REST_INTERVAL, TIMEOUT
from benchmarks.videos.vendor import counts, vendor
from harness.cluster import COMPONENTS, Cluster
from harness.distributed.postgres import Postgres
from harness.s3 import PrivateBucket

DAGS = Path(__file__).parent / "scale" / "dags"
JOB_SECONDS = 25.0


class Run(NamedTuple):
    """
    A run that is counted.

    :param kind: of its task.
    :param videos: how many.
    :param limit: jobs that may run at once.
    """

    kind: str
    videos: int
    limit: int


RUNS = [
    Run("mapped", 4, 100),
    Run("mapped", 20, 100),
    Run("batch", 20, 250),
    Run("batch", 140, 250),
    Run("batch", 45, 15),
    Run("callbacks", 5, 100),
    Run("callbacks", 45, 100),
]
WARM_UP = [Run("mapped", 2, 100), Run("batch", 2, 250), Run("callbacks", 2, 100)]
TRIGGERS, TRIGGER_SECONDS, PACES = 1000, 12.0, (1.0, 4.0)


class Bench:
    """
    Where the runs are made.

    :param cluster: a running Airflow.
    :param counters: of it.
    :param vendor: URL of the stand-in for ModelsLab.
    """

    def __init__(self, cluster: Cluster, counters: Counters, vendor: str) -> None:
        self._cluster = cluster
        self._counters = counters
        self._vendor = vendor

    def idle(self, seconds: float) -> Figures:
        """Count for some seconds in which nothing runs."""
        started, before = time.monotonic(), self._counters.read()
        while time.monotonic() < started + seconds:
            self._cluster.rest.health()
            time.sleep(REST_INTERVAL)
        found = difference(self._counters.read(), before)
        return {**found, "seconds": time.monotonic() - started}

    def run(self, run: Run) -> Figures:
        """Count one run, from its start until its last worker is free."""
        dag, run_id = dag_id(*run), f"{run.kind}-{run.videos}-{run.limit}"
        counts(self._vendor)
        started, before = time.monotonic(), self._counters.read()
        rest = self._cluster.rest
        with Slots(self._cluster) as slots:
            rest.trigger_dag(dag, run_id=run_id)
            state = rest.wait_for_run(dag, run_id, timeout=TIMEOUT, interval=REST_INTERVAL)
            lasted = time.monotonic() - started
            while busy(self._cluster):
                time.sleep(REST_INTERVAL)
        time.sleep(QUIET)
        if state != "success":
            raise RuntimeError(f"{run_id}: {state}")
        found = difference(self._counters.read(), before)
        requests = float(counts(self._vendor)["requests"])
        return {
            **found,
            "slot_seconds": slots.seconds,
            # A submission and a download of each video are no polls.
            "polls": max(0.0, requests - 2 * run.videos),
            "lasted": lasted,
            "seconds": time.monotonic() - started,
        }


def fill(bucket: PrivateBucket, runs: list[Run]) -> None:
    """Put the inputs of all runs into the bucket."""
    bucket.put(FACE.removeprefix(f"{MEDIA}/"), sample("hopper.jpg"))
    content = {"mp4": sample("clip.mp4"), "jpg": sample("duo.jpg")}
    for run in runs:
        kind = KINDS[run.kind]
        for number in range(run.videos):
            bucket.put(f"{inputs(run.kind, run.videos)}/{number}.{kind}", content[kind])


@contextmanager
def started(home: Path, runs: list[Run]) -> Iterator[Bench]:
    """Start an Airflow on PostgreSQL, its bucket and its vendors."""
    postgres = Postgres(home / "postgres.log")
    postgres.create()
    postgres.start()
    settings: dict[str, dict[str, object]] = {
        **SETTINGS,
        "database": {"sql_alchemy_conn": postgres.url},
        "faceswap": {name: f"{MEDIA}/{name}" for name in ("inbox", "spool")},
    }
    env = {
        "PYTHONPATH": str(ROOT),
        "FACESWAP_SCALE_RUNS": ",".join(f"{run.kind}:{run.videos}:{run.limit}" for run in runs),
    }
    try:
        with (
            vendor() as url,
            SandboxServer() as sandbox,
            PrivateBucket(home / "s3", BUCKET) as bucket,
            Cluster(home / "airflow", [DAGS], env=env, settings=settings) as cluster,
        ):
            sandbox.backend.progress.add(Progress(after_seconds=JOB_SECONDS))
            fill(bucket, runs)
            connections = [
                {"connection_id": "scale_modelslab", **connection("modelslab", url, "benchmark-key")},
                {"connection_id": "scale_aifaceswap", **connection("aifaceswap", sandbox.url, sandbox.key)},
                bucket.connection(CONN_ID),
            ]
            for each in connections:
                cluster.rest.request("POST", "/connections", json=each)
            cluster.wait_for_dags({dag_id(*run) for run in runs})
            yield Bench(cluster, Counters(cluster, COMPONENTS, postgres, home / "s3" / "s3.log"), url)
    finally:
        postgres.stop()


def loop_figures() -> Figures:
    """Run a thousand triggers of one job each at two paces: what the faster one adds is the cost of polls."""
    silence()
    polls, cpu = [], []
    with polled() as url:
        connect(url, max_connections=50)
        asyncio.run(run_triggers(50, 2.0, poll_interval=1.0))  # what a process imports once is not counted
        gc.collect()
        before, _ = memory()
        for pace in PACES:
            poll_counts(url)
            cpu.append(asyncio.run(_measured(pace)))
            polls.append(len(poll_counts(url)["arrivals"]))
        _, peak = memory()
    return {
        "poll_cpu": (cpu[0] - cpu[1]) / (polls[0] - polls[1]),
        "trigger_bytes": 1024 * (peak - before) / TRIGGERS,
    }


async def _measured(pace: float) -> float:
    async with measuring() as found:
        await run_triggers(TRIGGERS, TRIGGER_SECONDS, poll_interval=pace)
    return found.cpu


def counted(console: Console) -> list[CountedRun]:
    """Warm up, count an idle Airflow, then each run."""
    with (
        tempfile.TemporaryDirectory(prefix="faceswap-units-") as home,
        started(Path(home), RUNS + WARM_UP) as bench,
    ):
        for run in WARM_UP:
            console.print(f"{run.kind}: warming up")
            bench.run(run)
        found = [CountedRun(IDLE, 0, 0, bench.idle(IDLE_SECONDS))]
        for run in RUNS:
            figures = bench.run(run)
            console.print(f"{run.kind}: {run.videos} videos, {figures['lasted']:.0f} s")
            found.append(CountedRun(*run, figures))
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.units", description=__doc__)
    parser.add_argument("--runs", type=Path, required=True, help="write what was counted there")
    parser.add_argument("--csv", type=Path, required=True, help="write the unit costs there")
    parser.add_argument("--fit-only", action="store_true", help="read --runs instead of running anything")
    given, console = parser.parse_args(), Console(width=140)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not given.fit_only:
        found = counted(console)
        write_runs([*found, CountedRun("loop", TRIGGERS, 0, loop_figures())], given.runs)
    write_units(given.runs, given.csv)


if __name__ == "__main__":
    main()
