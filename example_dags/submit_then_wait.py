"""
Submit a job in one task and wait for it in another.

The sensor never submits, so it can be retried as often as you like without paying again.

It needs the connection `modelslab_default` and a triggerer.

The params name samples of the sandbox (`python -m airflow_provider_faceswap.sandbox`); give your own URLs
when you trigger the Dag. The result is stored in `output_path`, the URL of a folder in any object storage.
"""

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import ModelsLabSpecificVideoSwapOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor

SANDBOX = "http://127.0.0.1:8765"

with DAG(
    "faceswap_submit_then_wait",
    schedule=None,
    doc_md=__doc__,
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
