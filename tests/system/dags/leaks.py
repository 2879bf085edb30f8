"""Tasks that succeed and that fail in every way, for a search of what they leave behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator
from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
)
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

SAMPLES = "{{ params.origin }}/samples"


class BrokenTrigger(ModelsLabSingleVideoSwapOperator):
    """Airflow resumes it with ``__fail__``."""

    def defer(self, *, trigger: Any, **kwargs: Any) -> None:
        trigger.jobs = [None]
        super().defer(trigger=trigger, **kwargs)


with DAG(
    "leaks", schedule=None, params={"origin": Param(type="string"), "output_path": Param(type="string")}
):
    usual = {"deferrable": True, "short_wait": 0, "retries": 0, "timeout": 60}
    stored = {"output_path": "{{ params.output_path }}", **usual}

    def segmind(case: str, **arguments: Any) -> None:
        fields = {"source_img": f"{SAMPLES}/hopper.jpg", "target_img": f"{SAMPLES}/duo.jpg?case={case}&"}
        SegmindFaceSwapOperator(task_id=case, **fields, **stored, **arguments)

    def aifaceswap(case: str, **arguments: Any) -> None:
        fields = {"face_image": f"{SAMPLES}/hopper.jpg", "source_image": f"{SAMPLES}/duo.jpg?case={case}&"}
        AIFaceSwapImageOperator(task_id=case, **fields, **stored, **arguments)

    segmind("segmind_v1_succeeds")
    segmind("segmind_v1_echoes")
    segmind("segmind_v2_succeeds", api_version="v2")
    segmind("segmind_v2_echoes", api_version="v2")
    aifaceswap("aifaceswap_succeeds")
    aifaceswap("aifaceswap_echoes")

    def clip(case: str, kind: type = ModelsLabSingleVideoSwapOperator, **arguments: Any) -> None:
        fields = {"init_image": f"{SAMPLES}/hopper.jpg", "init_video": f"{SAMPLES}/clip.mp4?case={case}&"}
        kind(task_id=case, **fields | usual | {"poll_interval": 1} | arguments)

    clip("succeeds", output_path="{{ params.output_path }}")
    clip("succeeds_on_worker", deferrable=False, output_path="{{ params.output_path }}")
    clip("wrong_key", conn_id="modelslab_wrong_key")
    clip("wrong_key_repeated", conn_id="modelslab_wrong_key")
    clip("refused")
    clip("refused_with_echo")
    clip("broken_off")
    clip("answered_in_html")
    clip("fails")
    clip("fails_with_echo")
    clip("key_revoked", timeout=10)
    clip("download_fails", output_path="{{ params.output_path }}")
    clip("bad_input", init_image="file:///face.jpg")
    # A trigger that ends at once may cost a try: the scheduler fails tasks that resume too soon.
    clip("broken_trigger", BrokenTrigger, retries=2, retry_delay=timedelta(seconds=1))
    ModelsLabMultipleFaceSwapOperator(
        task_id="nobody_there",
        conn_id="modelslab_nobody",
        init_image=f"{SAMPLES}/duo.jpg",
        target_image=f"{SAMPLES}/hopper.jpg",
        retries=0,
    )
