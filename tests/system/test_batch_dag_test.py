"""Batches in one process, as a Dag's author runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_faceswap.batch.manifest import read_manifest
from airflow_provider_faceswap.sandbox.server import SandboxServer
from airflow_provider_faceswap.testing.connections import default_connections
from harness.cluster import Cluster

pytestmark = pytest.mark.slow

DAG_FILE = Path(__file__).parent / "dags" / "batch_in_one_process.py"


def test_batches_in_one_process_come_to_their_end(cluster: Cluster, tmp_path: Path) -> None:
    # An Airflow without a running component; callbacks come to the other one's receiver.
    alone = Cluster(tmp_path / "alone", [DAG_FILE.parent])
    alone.env |= {name: value for name, value in cluster.env.items() if "FACESWAP" in name}
    alone.prepare()
    with SandboxServer() as vendor:
        for conn_id, connection in default_connections(vendor.url, vendor.key).items():
            alone.env[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(connection)
        results = (tmp_path / "results").as_uri()
        conf = json.dumps({"origin": vendor.url, "output_path": results})
        command = [sys.executable, str(DAG_FILE), conf]
        run = subprocess.run(command, env=alone.env, cwd=alone.home, capture_output=True, text=True)

        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
        assert vendor.backend.counts.to_json()["accepted"] == {"single_video_swap": 5, "faceswap": 3}
    for name, count in (("polled", 5), ("called_back", 3)):
        lines = list(read_manifest(f"{results}/{name}"))
        assert [line["status"] for line in lines] == ["success"] * count
        assert all(Path(line["stored"][0].removeprefix("file://")).is_file() for line in lines)
