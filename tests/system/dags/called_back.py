"""Jobs of a vendor that is polled, and that calls back to say when."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

PARAMS = {"conn_id": "", "samples": "", "stop_file": "", "output_path": "", "items": [], "deferrable": True}


class Video(ModelsLabSingleVideoSwapOperator):
    template_fields = (*ModelsLabSingleVideoSwapOperator.template_fields, "deferrable")


options = {
    "params": PARAMS,
    "render_template_as_native_obj": True,
    "max_active_runs": 20,
    "default_args": {"retries": 2, "retry_delay": timedelta(seconds=1), "use_callback": True},
}
media = {"init_image": "{{ params.samples }}/hopper.jpg", "init_video": "{{ params.samples }}/clip.mp4"}


@dag(**options)
def called_back():
    Video(
        task_id="swap",
        conn_id="{{ params.conn_id }}",
        deferrable="{{ params.deferrable }}",
        output_path="{{ params.output_path }}",
        **media,
    )


@dag(**options)
def called_back_batch():
    FaceSwapBatchOperator(
        task_id="swap",
        conn_id="{{ params.conn_id }}",
        items="{{ params['items'] }}",
        operation="single_video_swap",
        output_path="{{ params.output_path }}",
        deferrable=True,
    )


called_back()
called_back_batch()
