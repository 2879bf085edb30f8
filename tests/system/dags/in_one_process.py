"""A deferrable task of each vendor and a sensor, for ``airflow dags test`` and ``dag.test()``."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.aifaceswap import AIFaceSwapImageOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor

SAMPLES = "{{ params.origin }}/samples"

with DAG(
    "in_one_process",
    schedule=None,
    params={"origin": Param("", type="string"), "output_path": Param("", type="string")},
) as dag:
    options = {"deferrable": True, "retries": 0}
    stored = {"output_path": "{{ params.output_path }}", "short_wait": 0, **options}
    clip = {"init_image": f"{SAMPLES}/hopper.jpg", "init_video": f"{SAMPLES}/clip.mp4"}
    ModelsLabSingleVideoSwapOperator(task_id="modelslab", **clip, **stored)
    SegmindFaceSwapOperator(
        task_id="segmind",
        source_img=f"{SAMPLES}/hopper.jpg",
        target_img=f"{SAMPLES}/duo.jpg",
        api_version="v2",
        **stored,
    )
    AIFaceSwapImageOperator(
        task_id="aifaceswap",
        source_image=f"{SAMPLES}/duo.jpg",
        face_image=f"{SAMPLES}/hopper.jpg",
        **stored,
    )
    submitted = ModelsLabSingleVideoSwapOperator(task_id="submits", wait_for_completion=False, **clip)
    ModelsLabFetchSensor(task_id="waits", job_id=submitted.output["job_id"], poke_interval=1, **options)

if __name__ == "__main__":
    import json
    import sys

    run = dag.test(run_conf=json.loads(sys.argv[1]))
    sys.exit(run.state != "success")
