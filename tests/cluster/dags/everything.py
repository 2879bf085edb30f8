"""Mapped swaps and batches at all three vendors, with all media in a private bucket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator
from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

MEDIA = "s3://media@cluster-media"
MAPPED = 2
FACE = f"{MEDIA}/in/face.jpg"
# Each vendor's operation, the fields of its face and its target, and what kind of target it edits.
BATCHES = {
    "modelslab": ("single_video_swap", "init_image", "mp4"),
    "segmind": ("v2/faceswap-v2", "source_img", "jpg"),
    "aifaceswap": ("faceswap", "face_image", "jpg"),
}
# A task whose worker died, or that the database's restart hit, starts again.
USUAL: dict[str, Any] = {"retries": 5, "retry_delay": timedelta(seconds=1), "timeout": 900}


class ModelsLabSwap(ModelsLabSingleVideoSwapOperator):
    """Waits in the triggerer or on the worker, as the run's conf says."""

    template_fields = (*ModelsLabSingleVideoSwapOperator.template_fields, "deferrable")


with DAG(
    "everything",
    schedule=None,
    max_active_tasks=100,
    params={"case": "", "deferrable": True},
    render_template_as_native_obj=True,
):

    def targets(kind: str) -> list[str]:
        return [f"{MEDIA}/in/{{{{ params.case }}}}/mapped/{n}.{kind}" for n in range(MAPPED)]

    usual: dict[str, Any] = {
        **USUAL,
        "short_wait": 0,
        "output_path": f"{MEDIA}/results/{{{{ params.case }}}}/mapped",
    }
    ModelsLabSwap.partial(
        task_id="modelslab", init_image=FACE, pool="modelslab", deferrable="{{ params.deferrable }}", **usual
    ).expand(init_video=targets("mp4"))
    SegmindFaceSwapOperator.partial(
        task_id="segmind", api_version="v2", source_img=FACE, pool="segmind", deferrable=True, **usual
    ).expand(target_img=targets("jpg"))
    AIFaceSwapImageOperator.partial(
        task_id="aifaceswap", face_image=FACE, pool="aifaceswap", deferrable=True, **usual
    ).expand(source_image=targets("jpg"))
    for vendor, (operation, face, kind) in BATCHES.items():
        FaceSwapBatchOperator(
            task_id=f"{vendor}_batch",
            conn_id=f"{vendor}_default",
            operation=operation,
            items=f"{MEDIA}/in/{{{{ params.case }}}}/batch/*.{kind}",
            common={face: FACE},
            output_path=f"{MEDIA}/results/{{{{ params.case }}}}/{vendor}",
            max_active_jobs=8,
            pool=vendor,  # ten slots, of which mapped tasks have two
            pool_slots=8,
            deferrable=True,
            **USUAL,
        )
