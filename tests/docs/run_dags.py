"""
Run the Dags of the documents, each by ``dag.test()``, on the sandbox and on moto's S3.

``python -m tests.docs.run_dags`` runs each ``dag.py`` in the folders below AIRFLOW_HOME, and writes to
``runs.json`` beside it the state of each Dag and what its tasks returned. Example media become samples of the
sandbox; the bucket that the documents name is there, with the media that they name.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.testing.environment import running_sandbox
from airflow_provider_faceswap.testing.handle import FaceSwapSandbox
from harness.settings import dag_bundles

EXAMPLE = re.compile(r"https://example\.com/[\w./-]+\.(jpg|jpeg|png|mp4)")
IN_BUCKET = re.compile(r"s3://my_aws_conn@my-bucket/([\w./-]+\.(?:jpg|jpeg|png|mp4))")
BUCKET = "my-bucket"


def sample_for(name: str, sandbox: FaceSwapSandbox) -> str:
    """Return the sample that stands for a file of this name."""
    if name.endswith(".mp4"):
        return sandbox.clip
    return sandbox.face if "face" in name else sandbox.picture


@contextmanager
def bucket(patch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run moto's S3 behind the connection ``my_aws_conn``; gives a client."""
    from botocore.session import Session
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    extra = {"region_name": "eu-central-1", "endpoint_url": url}
    connection = {"conn_type": "aws", "login": "key", "password": "secret", "extra": extra}
    patch.setenv("AIRFLOW_CONN_MY_AWS_CONN", json.dumps(connection))
    client = Session().create_client(
        "s3", "eu-central-1", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    client.close()
    server.stop()


def run_file(file: Path, sandbox: FaceSwapSandbox, s3: Any, patch: pytest.MonkeyPatch) -> None:
    """Run every Dag of a file, and write what came of it beside the file."""
    from airflow.dag_processing.dagbag import DagBag

    code = file.read_text("utf-8")
    for path in set(IN_BUCKET.findall(code)):
        content = httpx.get(sample_for(path, sandbox), timeout=60, trust_env=False).content
        s3.put_object(Bucket=BUCKET, Key=path, Body=content)
    file.write_text(EXAMPLE.sub(lambda found: sample_for(found[0], sandbox), code), encoding="utf-8")
    # A bundle for each file: two documents may call their Dags alike.
    patch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", dag_bundles([file.parent]))
    bag = DagBag(file.parent, safe_mode=False)
    runs = {dag_id: _run(dag) for dag_id, dag in bag.dags.items()}
    file.with_name("runs.json").write_text(json.dumps(runs, default=str))


def _run(dag: Any) -> dict[str, Any]:
    run = dag.test()
    tasks = run.get_task_instances()
    return {"state": run.state, "results": {ti.task_id: ti.xcom_pull(task_ids=ti.task_id) for ti in tasks}}


def main(home: Path) -> None:
    """Run the Dags of all files."""
    from airflow.utils.db import initdb

    initdb()
    media = home / "sandbox"
    media.mkdir()
    with pytest.MonkeyPatch.context() as patch, running_sandbox(media) as sandbox, bucket(patch) as s3:
        for file in sorted(home.glob("*/dag.py")):
            run_file(file, sandbox, s3, patch)


if __name__ == "__main__":
    main(Path(os.environ["AIRFLOW_HOME"]))
