"""Tasks that succeed and that fail in every way, for a search of what they leave behind."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
)

SAMPLES = "{{ params.origin }}/samples"


class BrokenTrigger(ModelsLabSingleVideoSwapOperator):
    """Airflow resumes it with ``__fail__``."""

    def defer(self, *, trigger: Any, **kwargs: Any) -> None:
        trigger.jobs = [None]
        super().defer(trigger=trigger, **kwargs)


with DAG(
    "leaks", schedule=None, params={"origin": Param(type="string"), "output_path": Param(type="string")}
):

    def clip(case: str, kind: type = ModelsLabSingleVideoSwapOperator, **arguments: Any) -> None:
        fields = {"init_image": f"{SAMPLES}/hopper.jpg", "init_video": f"{SAMPLES}/clip.mp4?case={case}&"}
        options = {"deferrable": True, "short_wait": 0, "poll_interval": 1, "retries": 0, "timeout": 60}
        kind(task_id=case, **fields | options | arguments)

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
    clip("broken_trigger", BrokenTrigger)
    ModelsLabMultipleFaceSwapOperator(
        task_id="nobody_there",
        conn_id="modelslab_nobody",
        init_image=f"{SAMPLES}/duo.jpg",
        target_image=f"{SAMPLES}/hopper.jpg",
        retries=0,
    )
