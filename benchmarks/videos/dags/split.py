"""An operator that only submits, and a sensor that the triggerer ends; nothing is downloaded."""

from __future__ import annotations

from airflow.sdk import DAG, task_group

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from benchmarks.videos.given import FACE, SIZES, videos


@task_group
def swap(init_video: str) -> None:
    """Swap one video."""
    submitted = ModelsLabSingleVideoSwapOperator(
        task_id="submit",
        conn_id="benchmark_modelslab",
        init_image=FACE,
        init_video=init_video,
        wait_for_completion=False,
    )
    ModelsLabFetchSensor(
        task_id="wait",
        conn_id="benchmark_modelslab",
        job_id=submitted.output,
        deferrable=True,
        end_from_trigger=True,
    )


for size in SIZES:
    with DAG(dag_id=f"split_{size}", schedule=None):
        swap.expand(init_video=videos(size))
