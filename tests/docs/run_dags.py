"""
Run the Dags of the documents, each by ``dag.test()``, on the sandbox and on moto's S3.

``python -m tests.docs.run_dags`` runs each ``dag.py`` in the folders below AIRFLOW_HOME. It writes to
``runs.json`` beside it the states of each Dag and of its tasks, and what they returned. Example media become
samples of the sandbox; the bucket that the documents name is there, with the media that they name.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.testing.environment import running_sandbox
from airflow_provider_faceswap.testing.handle import FaceSwapSandbox
from harness.settings import dag_bundles
from tests.buckets import served

CONN_ID, BUCKET = "my_aws_conn", "my-bucket"
SANDBOX = "http://127.0.0.1:8765"
RESULTS = "file:///tmp/faceswap"
EXAMPLE = re.compile(r"https://example\.com/[\w./-]+\.(jpg|jpeg|png|mp4)")
IN_BUCKET = re.compile(rf"s3://{CONN_ID}@{BUCKET}/([\w./{{}}*-]+\.(?:jpg|jpeg|png|mp4))")


def sample_for(name: str, sandbox: FaceSwapSandbox) -> str:
    """Return the sample that stands for a file of this name."""
    if name.endswith(".mp4"):
        return sandbox.clip
    return sandbox.face if "face" in name else sandbox.picture


def media_in_bucket(code: str) -> set[str]:
    """Return the keys that a Dag names, also by an f-string over a list of words, or by a glob."""
    words = re.findall(r'"(\w+)"', code)
    paths = [path.replace("*", "found") for path in IN_BUCKET.findall(code)]
    return {re.sub(r"\{\w+\}", word, path) for path in paths for word in ["", *words]}


def run_file(file: Path, sandbox: FaceSwapSandbox, s3: Any, patch: pytest.MonkeyPatch) -> None:
    """Run every Dag of a file, and write what came of it beside the file."""
    from airflow.dag_processing.dagbag import DagBag

    code = file.read_text("utf-8")
    for path in media_in_bucket(code):
        content = httpx.get(sample_for(path, sandbox), timeout=60, trust_env=False).content
        s3.put_object(Bucket=BUCKET, Key=path, Body=content)
    code = EXAMPLE.sub(lambda found: sample_for(found[0], sandbox), code)
    results = (file.parent / "results").as_uri()
    file.write_text(code.replace(SANDBOX, sandbox.url).replace(RESULTS, results), encoding="utf-8")
    # A bundle for each file: two documents may call their Dags alike.
    patch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", dag_bundles([file.parent]))
    bag = DagBag(file.parent, safe_mode=False)
    runs = {dag_id: _run(dag) for dag_id, dag in bag.dags.items()}
    file.with_name("runs.json").write_text(json.dumps(runs, default=str))


def _run(dag: Any) -> dict[str, Any]:
    run = dag.test()
    tasks = run.get_task_instances()
    return {
        "states": sorted({run.state, *(ti.state for ti in tasks)}),
        "results": {ti.task_id: ti.xcom_pull(task_ids=ti.task_id) for ti in tasks},
    }


def main(home: Path) -> None:
    """Run the Dags of all files."""
    from airflow.utils.db import initdb

    initdb()
    media = home / "sandbox"
    media.mkdir()
    with (
        pytest.MonkeyPatch.context() as patch,
        running_sandbox(media) as sandbox,
        served(CONN_ID, BUCKET) as s3,
    ):
        for file in sorted(home.glob("*/dag.py")):
            run_file(file, sandbox, s3.client, patch)


if __name__ == "__main__":
    main(Path(os.environ["AIRFLOW_HOME"]))
