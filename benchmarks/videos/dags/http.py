"""Airflow's own HTTP provider: an operator that submits, a sensor that polls; nothing is downloaded."""

from __future__ import annotations

import json

from airflow.providers.http.operators.http import HttpOperator
from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import DAG, task_group

from benchmarks.videos.given import FACE, SIZES, videos

JSON = {"Content-Type": "application/json"}
JOB_ID = "{{ ti.xcom_pull('swap.submit', map_indexes=ti.map_index) }}"
POKE_INTERVAL = 30
"""Each poke is a start of a task: this is long enough that the second one mostly finds the job ended."""


@task_group
def swap(data: str) -> None:
    """Swap one video."""
    submit = HttpOperator(
        task_id="submit",
        http_conn_id="benchmark_http",
        endpoint="/api/v6/faceswap/single_video_swap",
        headers=JSON,
        data=data,
        response_filter=lambda response: response.json()["id"],
    )
    wait = HttpSensor(
        task_id="wait",
        http_conn_id="benchmark_http",
        method="POST",
        endpoint=f"/api/v6/faceswap/fetch/{JOB_ID}",
        headers=JSON,
        request_params=json.dumps({"key": "benchmark-key"}),  # type: ignore[arg-type]  # sent as the body
        response_check=lambda response: response.json()["status"] == "success",
        mode="reschedule",
        poke_interval=POKE_INTERVAL,
    )
    submit >> wait


def body(video: str) -> str:
    """Return what is submitted for a video."""
    return json.dumps({"key": "benchmark-key", "init_image": FACE, "init_video": video})


for size in SIZES:
    with DAG(dag_id=f"http_{size}", schedule=None):
        swap.expand(data=[body(video) for video in videos(size)])
