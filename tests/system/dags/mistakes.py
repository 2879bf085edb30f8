"""What new users get wrong: each task is named for its mistake, and so is its connection."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import ModelsLabMultipleFaceSwapOperator
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor

SAMPLES = "{{ params.origin }}/samples"

with DAG("mistakes", schedule=None, params={"origin": Param(type="string"), "blank": "", "nothing": None}):

    def picture(task_id: str, **arguments: Any) -> None:
        fields = {"init_image": f"{SAMPLES}/duo.jpg", "target_image": f"{SAMPLES}/hopper.jpg"}
        ModelsLabMultipleFaceSwapOperator(task_id=task_id, retries=0, **fields | arguments)

    for name in (
        "no_connection",
        "no_key",
        "wrong_key",
        "no_scheme",
        "no_port_in_host",
        "trailing_slash",
        "port_0",
        "unknown_extra",
        "host_of_nobody",
        "host_with_path",
    ):
        picture(name, conn_id=name)
    picture("file_path", init_image="/data/duo.jpg")
    picture("template_typo", init_image="{{ params.nope }}")
    picture("template_blank", init_image="{{ params.blank }}")
    picture("template_none", init_image="{{ params.nothing }}")
    picture("template_left_alone", init_image=f"{{% raw %}}{SAMPLES}{{% endraw %}}/duo.jpg")
    picture("output_of_none", output_path="{{ params.nothing }}")
    ModelsLabFetchSensor(task_id="no_job_id", job_id="{{ params.nothing }}", retries=0)
