"""A vendor of another package, by each operator that buys from it."""

from __future__ import annotations

from datetime import timedelta

from acme_faceswap.operators import AcmeFaceSwapOperator
from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

ACCOUNT = {"conn_id": "acme_account", "retries": 2, "retry_delay": timedelta(seconds=1)}
PARAMS = {name: Param("", type="string") for name in ("picture", "output_path")}

with DAG("other_vendor", schedule=None, params=PARAMS, default_args=ACCOUNT):
    media = {"face": "{{ params.picture }}", "target": "{{ params.picture }}"}
    waiting = {"deferrable": True, "short_wait": 0, "poll_interval": 1}
    FaceSwapOperator(task_id="swap", output_path="{{ params.output_path }}/swap", **media, **waiting)
    AcmeFaceSwapOperator(task_id="own", quality="draft", **media)
    FaceSwapBatchOperator(
        task_id="batch",
        items=[{**media, "output_name": f"row-{number}"} for number in range(3)],
        output_path="{{ params.output_path }}/batch",
        deferrable=True,
    )
    FaceSwapOperator(task_id="doubt", **{**ACCOUNT, "conn_id": "acme_broken"}, **media)
