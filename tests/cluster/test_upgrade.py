"""A new version of this package takes over jobs that an older one bought."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.case import Case


def test_upgraded(case: Case, older: Path) -> None:
    case.start(endless="single_video_swap")
    case.is_noted()
    assert case.cluster.env.pop("PYTHONPATH") == str(older)
    del case.cluster.env["AIRFLOW__CELERY__EXTRA_CELERY_CONFIG"]
    for name in case.cluster.names:
        case.cluster.restart(name)
    case.cluster.wait_until_healthy()
    case.finish_jobs()
    case.ends_well()
