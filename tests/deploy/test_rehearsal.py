"""Each service's command, environment and healthcheck, and the example Dag, without any container."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from harness.rest import AirflowClient
from tests.deploy.rehearsal import Rehearsal

pytestmark = pytest.mark.cluster
VIDEOS = 3 + 3 + 6


def test_the_services_start_and_run_the_example(tmp_path: Path, secrets: dict[str, str]) -> None:
    rehearsal = Rehearsal(tmp_path, secrets)
    with rehearsal.running():
        rest = AirflowClient(rehearsal.url)
        run = rest.trigger_dag("try_it")
        assert rest.wait_for_run("try_it", run, timeout=600) == "success"
        counts = httpx.get(
            f"http://127.0.0.1:{rehearsal.ports['sandbox']}/_sandbox/counts", trust_env=False, timeout=60
        )
        rest.close()
    assert sum(counts.json()["accepted"].values()) == VIDEOS
