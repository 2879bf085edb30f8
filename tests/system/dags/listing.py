"""Every picture of a bucket, swapped by any vendor, and one of it alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, ObjectStoragePath, Param, task

from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabMultipleFaceSwapOperator

BUCKET = "s3://listing@private-media"


@task
def list_pictures() -> list[str]:
    return sorted(str(path) for path in ObjectStoragePath(f"{BUCKET}/in").iterdir())


@task(trigger_rule="all_done")
def catalogue(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """File each result under the picture that it says it was made from."""
    return [
        {"target": result["inputs"]["target"], "stored": result["stored"], "reused": "reused" in result}
        for result in results
    ]


with DAG("listing", schedule=None, max_active_tasks=4, params={"conn_id": Param(type="string")}):
    swapped = FaceSwapOperator.partial(
        task_id="swap",
        conn_id="{{ params.conn_id }}",
        face=f"{BUCKET}/face.jpg",
        kind="image",
        output_path=f"{BUCKET}/out",
        reuse_stored=True,
        deferrable=True,
        retries=0,
        timeout=120,
    ).expand(target=list_pictures())
    catalogue(swapped.output)

with DAG("stored_picture", schedule=None, params={"conn_id": "", "samples": "", "stop_file": "", "name": ""}):
    ModelsLabMultipleFaceSwapOperator(
        task_id="swap",
        conn_id="{{ params.conn_id }}",
        init_image=f"{BUCKET}/edited/{{{{ params.name }}}}.jpg",
        target_image=f"{BUCKET}/face.jpg",
        deferrable=False,
        retries=1,
        retry_delay=timedelta(0),
        timeout=300,
    )
