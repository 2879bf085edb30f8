"""A new version of this package takes over jobs that an older one bought."""

from __future__ import annotations

from pathlib import Path

from harness.distributed.cluster import CeleryCluster
from tests.cluster.case import Case


def test_upgraded(case: Case, cluster: CeleryCluster, older: Path) -> None:
    case.start(endless="single_video_swap")
    case.is_noted()
    assert cluster.env.pop("PYTHONPATH") == str(older)
    del cluster.env["AIRFLOW__CELERY__EXTRA_CELERY_CONFIG"]
    for name in cluster.names:
        cluster.restart(name)
        cluster.wait_until_healthy()  # one after the other: without any API server callbacks are lost
    case.finish_jobs()
    case.ends_well()
