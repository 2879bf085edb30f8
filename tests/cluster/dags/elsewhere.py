"""A vendor of another package: mapped swaps, one that waits on its worker, and a batch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

MEDIA = "s3://media@cluster-media"
ACCOUNT: dict[str, Any] = {"conn_id": "acme_account", "retries": 5, "retry_delay": timedelta(seconds=1)}
FACE = "{{ params.picture }}"

with DAG("elsewhere", schedule=None, params={"picture": Param("", type="string")}, default_args=ACCOUNT):
    usual: dict[str, Any] = {"face": FACE, "output_path": f"{MEDIA}/results/elsewhere", "poll_interval": 1}
    FaceSwapOperator.partial(task_id="swap", deferrable=True, short_wait=0, **usual).expand(
        target=[f"{FACE}?mapped={number}" for number in range(3)]
    )
    FaceSwapOperator(task_id="on_its_worker", target=f"{FACE}?blocking", **usual)
    FaceSwapBatchOperator(
        task_id="batch",
        items=[{"target": f"{FACE}?row={number}"} for number in range(6)],
        common={"face": FACE, "kind": "image"},
        output_path=f"{MEDIA}/results/elsewhere/batch",
        deferrable=True,
    )
