"""Swaps of media in a private bucket, at each vendor: well, not reachable, and repeated by the vendor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator, AIFaceSwapVideoOperator
from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
)
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

BUCKET = "s3://private_media@private-media"

# Few at once, and with retries: each imports the store's libraries, and a worker that starts too slowly on a
# busy machine is taken for dead.
with DAG("private_media", schedule=None, max_active_tasks=3, params={"origin": Param(type="string")}):
    usual: dict[str, Any] = {"retries": 2, "retry_delay": timedelta(seconds=1)}
    usual |= {"timeout": 90, "short_wait": 0, "output_path": f"{BUCKET}/results"}
    face = f"{BUCKET}/in/face.jpg"

    ModelsLabSingleVideoSwapOperator(
        task_id="modelslab_clip", init_image=face, init_video=f"{BUCKET}/in/a clip+1.mp4", **usual
    )
    ModelsLabMultipleFaceSwapOperator(
        task_id="modelslab_picture", init_image=f"{BUCKET}/in/duo.jpg", target_image=face, **usual
    )
    SegmindFaceSwapOperator(
        task_id="segmind_v1", source_img=face, target_img=f"{BUCKET}/in/large.jpg", **usual
    )
    SegmindFaceSwapOperator(
        task_id="segmind_v2", api_version="v2", source_img=face, target_img=f"{BUCKET}/in/large.jpg", **usual
    )
    AIFaceSwapImageOperator(
        task_id="aifaceswap_picture", source_image=f"{BUCKET}/in/large.jpg", face_image=face, **usual
    )
    AIFaceSwapVideoOperator(
        task_id="aifaceswap_clip", source_video=f"{BUCKET}/in/a clip+1.mp4", face_image=face, **usual
    )
    for case, one in {
        "refused": "{{ params.origin }}/private-media/in/duo.jpg",  # as it is, nobody can open it
        "echoes": f"{BUCKET}/in/echoed.jpg",
    }.items():
        ModelsLabMultipleFaceSwapOperator(
            task_id=f"modelslab_{case}", init_image=one, target_image=face, **usual
        )
        SegmindFaceSwapOperator(task_id=f"segmind_{case}", source_img=one, target_img=face, **usual)
        SegmindFaceSwapOperator(
            task_id=f"segmind_v2_{case}", api_version="v2", source_img=one, target_img=face, **usual
        )
        AIFaceSwapImageOperator(task_id=f"aifaceswap_{case}", source_image=one, face_image=face, **usual)
