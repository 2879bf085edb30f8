"""
Count one run of the cluster test's Dag, which the unit costs were not fitted to.

Run ``python -m benchmarks.scale.real --csv docs/units-real.csv``; it takes five minutes. CeleryExecutor, two
of each component, all three vendors in the sandbox. ``python -m benchmarks.scale --check`` compares the run
with predictions.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from airflow_provider_faceswap.sandbox.server import SandboxServer
from benchmarks.scale.counting import Counters, Figures, difference
from benchmarks.scale.fitting import CountedRun, write_runs
from benchmarks.videos.runs import QUIET
from harness.distributed.cluster import CeleryCluster
from harness.s3 import PrivateBucket
from tests.cluster.case import BUCKET, Case
from tests.cluster.conftest import HERE, SETTINGS, add_accounts
from tests.cluster.table import TABLE

IDLE_SECONDS = 20.0


def in_flight(sandbox: SandboxServer, lasted: float) -> float:
    """Return how many jobs ran at a time, on average over the run."""
    jobs = sandbox.backend.jobs.listing()
    return sum((job.ended_at or job.accepted_at) - job.accepted_at for job in jobs) / lasted


def idle(counters: Counters) -> Figures:
    """Return what is counted in a second in which nothing runs."""
    started, before = time.monotonic(), counters.read()
    time.sleep(IDLE_SECONDS)
    found = difference(counters.read(), before)
    return {name: value / (time.monotonic() - started) for name, value in found.items()}


def run(cluster: CeleryCluster, sandbox: SandboxServer, bucket: PrivateBucket, counters: Counters) -> Figures:
    """Count a run, the second one of its Dag."""
    for name in ("warm-up", "counted"):
        case = Case(name, cluster, sandbox, bucket)
        a_second = idle(counters)
        started, before = time.monotonic(), counters.read()
        case.start()
        case.ends_well()
        time.sleep(QUIET)
        found, lasted = difference(counters.read(), before), time.monotonic() - started
    own = {name: value - a_second.get(name, 0.0) * lasted for name, value in found.items()}
    row = TABLE[-1]
    cpu = sum(value for name, value in own.items() if name.startswith("cpu."))
    return {
        **own,
        "rows": sum(value for name, value in own.items() if name.startswith("rows.")),
        "cpu_per_video": cpu / row.videos,
        "polls_per_job": row.polls_per_job or 0.0,
        "lasted": row.lasted,
        "in_flight": in_flight(sandbox, row.lasted),
    }


def main() -> None:
    """Start everything, count, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.real", description=__doc__)
    parser.add_argument("--csv", type=Path, required=True, help="write what was counted there")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="faceswap-real-") as home,
        SandboxServer() as sandbox,
        PrivateBucket(Path(home, "s3"), BUCKET) as bucket,
        CeleryCluster(Path(home, "airflow"), [HERE / "dags"], settings=SETTINGS) as cluster,
    ):
        add_accounts(cluster, sandbox, bucket)
        counters = Counters(cluster, cluster.names, cluster.postgres, Path(home, "s3", "s3.log"))
        figures = run(cluster, sandbox, bucket, counters)
    write_runs([CountedRun("cluster", TABLE[-1].videos, 8, figures)], given.csv)


if __name__ == "__main__":
    main()
