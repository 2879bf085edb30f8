"""Submit in one task, wait in another: the sensor may be retried as often as you like, it never submits."""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import ModelsLabSpecificVideoSwapOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_submit_then_wait",
    schedule=None,
    params={
        "face": Param(f"{SANDBOX}/samples/astronaut.jpg", type="string"),
        "clip": Param(f"{SANDBOX}/samples/duo.mp4", type="string"),
        "one_of_its_faces": Param(f"{SANDBOX}/samples/duo-face.jpg", type="string"),
        "output_path": Param("file:///tmp/faceswap", type="string"),
    },
    tags=["faceswap"],
):
    submit = ModelsLabSpecificVideoSwapOperator(
        task_id="submit",
        init_image="{{ params.face }}",
        init_video="{{ params.clip }}",
        reference_image="{{ params.one_of_its_faces }}",
        wait_for_completion=False,
    )
    wait = ModelsLabFetchSensor(
        task_id="wait",
        job_id=submit.output["job_id"],
        submitted_at="{{ ti.xcom_pull('submit')['submitted_at'] }}",
        eta="{{ ti.xcom_pull('submit')['eta'] }}",
        output_path="{{ params.output_path }}",
        deferrable=True,
        retries=3,
    )
