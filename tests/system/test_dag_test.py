"""A Dag in one process, as its author runs it: triggers run inline, and ``defer()`` loses its arguments."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from airflow_provider_faceswap.sandbox.server import SandboxServer
from airflow_provider_faceswap.testing.connections import default_connections
from harness.cluster import Cluster

pytestmark = pytest.mark.slow

DAGS = Path(__file__).parent / "dags"
ACCEPTED = {"single_video_swap": 2, "faceswap-v2-async": 1, "faceswap": 1}


@pytest.fixture
def vendor() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        body = {"after_seconds": 2}
        httpx.post(
            f"{server.url}/_sandbox/progress", json=body, trust_env=False, timeout=60
        ).raise_for_status()
        yield server


@pytest.fixture(scope="module")
def alone(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An Airflow without a running component; callbacks come to the other one's receiver."""
    alone = Cluster(tmp_path_factory.mktemp("alone"), [DAGS])
    alone.env |= {name: value for name, value in cluster.env.items() if "FACESWAP" in name}
    alone.prepare()
    yield alone
    alone.stop()


@pytest.mark.parametrize("how", ["airflow dags test", "dag.test()"])
def test_a_dag_in_one_process_comes_to_its_end(
    alone: Cluster, vendor: SandboxServer, tmp_path: Path, how: str
) -> None:
    for conn_id, connection in default_connections(vendor.url, vendor.key).items():
        alone.env[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(connection)
    conf = json.dumps({"origin": vendor.url, "output_path": (tmp_path / "results").as_uri()})

    if how == "airflow dags test":
        said = alone.airflow("dags", "test", "in_one_process", "--conf", conf)
        assert "state=success" in said
    else:
        command = [sys.executable, str(DAGS / "in_one_process.py"), conf]
        run = subprocess.run(command, env=alone.env, cwd=alone.home, capture_output=True, text=True)
        said = run.stdout[-3000:] + run.stderr[-3000:]
        assert run.returncode == 0, said

    assert vendor.backend.counts.to_json()["accepted"] == ACCEPTED, said
    stored = (path.suffix for path in (tmp_path / "results").iterdir() if path.is_file())
    assert sorted(suffix for suffix in stored if suffix != ".json") == [".jpg", ".jpg", ".mp4"]
