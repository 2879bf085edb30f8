"""A new version of this package takes over jobs that an older one bought."""

from __future__ import annotations

from pathlib import Path

from harness.distributed.cluster import API_SERVERS, TRIGGERERS, WORKERS, CeleryCluster
from tests.cluster.case import Case

# One of each kind goes on while its twin is restarted.
ROLLING = [
    [API_SERVERS[0], "scheduler"],
    [API_SERVERS[1], "dag-processor"],
    [TRIGGERERS[0], WORKERS[0]],
    [TRIGGERERS[1], WORKERS[1]],
]


def test_upgraded(case: Case, cluster: CeleryCluster, older: Path, packages: Path) -> None:
    case.start(endless="single_video_swap")
    case.is_noted()
    assert cluster.env["PYTHONPATH"] == str(older)
    cluster.env["PYTHONPATH"] = str(packages)
    assert sorted(cluster.names) == sorted(name for group in ROLLING for name in group)
    del cluster.env["AIRFLOW__CELERY__EXTRA_CELERY_CONFIG"]
    for group in ROLLING:
        for name in group:
            cluster.restart(name)
        cluster.wait_until_healthy()  # without any API server callbacks are lost
    case.finish_jobs()
    case.ends_well()
