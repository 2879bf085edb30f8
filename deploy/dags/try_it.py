"""Clips and pictures of the bucket, by all three vendors, mapped and as batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

MEDIA = "s3://media@media"
FACE = f"{MEDIA}/in/face.jpg"
RESULTS = f"{MEDIA}/results/{{{{ run_id }}}}"
# A task whose worker died starts again, and takes up the job that it bought.
USUAL: dict[str, Any] = {"deferrable": True, "retries": 5, "retry_delay": timedelta(seconds=5)}

with DAG("try_it", schedule=None):
    ModelsLabSingleVideoSwapOperator.partial(
        task_id="clips",
        init_image=FACE,
        output_path=f"{RESULTS}/clips",
        pool="modelslab",
        **USUAL,
    ).expand(init_video=[f"{MEDIA}/in/clips/{number}.mp4" for number in range(3)])

    AIFaceSwapImageOperator.partial(
        task_id="pictures",
        face_image=FACE,
        output_path=f"{RESULTS}/pictures",
        pool="aifaceswap",
        **USUAL,
    ).expand(source_image=[f"{MEDIA}/in/pictures/{number}.jpg" for number in range(3)])

    FaceSwapBatchOperator(
        task_id="batch",
        conn_id="segmind_default",
        items=f"{MEDIA}/in/pictures/*.jpg",
        operation="v2/faceswap-v2",
        common={"source_img": FACE},
        output_path=f"{RESULTS}/batch",
        max_active_jobs=8,
        pool="segmind",
        pool_slots=8,
        **USUAL,
    )
