"""What deploy/init.py prepares, on a database and a bucket of its own, and the Dag that uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from harness.s3 import PrivateBucket
from harness.settings import component_environment
from tests.deploy.reading import DEPLOY


def lines(home: Path, *arguments: str) -> list[dict[str, object]]:
    """Return what an ``airflow`` command lists."""
    command = [sys.executable, "-m", "airflow", *arguments, "--output", "json"]
    env = component_environment(home)
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=True)
    found: list[dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.slow
def test_it_prepares_all_and_may_run_twice(tmp_path: Path) -> None:
    with PrivateBucket(tmp_path / "s3", "another") as bucket:
        env = {**component_environment(tmp_path), "S3_URL": bucket.url}
        for _ in range(2):
            subprocess.run([sys.executable, DEPLOY / "init.py"], env=env, cwd=tmp_path, check=True)
        listed = bucket.client.list_objects_v2(Bucket="media")["Contents"]
    assert {"in/face.jpg", "in/clips/0.mp4", "in/clips/2.mp4", "in/pictures/2.jpg"} < {
        each["Key"] for each in listed
    }
    found = {each["conn_id"]: each["conn_type"] for each in lines(tmp_path, "connections", "list")}
    vendors = {f"{vendor}_default": vendor for vendor in ("modelslab", "segmind", "aifaceswap")}
    assert found == {**vendors, "media": "aws"}
    pools = {str(each["pool"]): each for each in lines(tmp_path, "pools", "list")}
    assert {"modelslab", "segmind", "aifaceswap"} < pools.keys()
    assert str(pools["segmind"]["slots"]) == "10" and str(pools["segmind"]["include_deferred"]) == "True"


def test_the_dag_loads_and_uses_what_is_prepared() -> None:
    bag = DagBag(DEPLOY / "dags", safe_mode=False)
    assert not bag.import_errors
    (dag,) = bag.dags.values()
    sys.path.insert(0, os.fspath(DEPLOY))
    try:
        import init
    finally:
        sys.path.remove(os.fspath(DEPLOY))
    assert {task.pool for task in dag.tasks} <= init.pools().keys()
    assert {getattr(task, "pool_slots", 1) <= init.SLOTS for task in dag.tasks} == {True}
    text = (DEPLOY / "dags" / "try_it.py").read_text()
    assert f"s3://{init.CONN_ID}@{init.BUCKET}" in text
    assert {task.task_id for task in dag.tasks} == {"clips", "pictures", "batch"}
