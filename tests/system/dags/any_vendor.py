"""One Dag for all vendors: only its connection differs from run to run."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

with DAG(
    "any_vendor",
    schedule=None,
    params={name: Param("", type="string") for name in ("conn_id", "samples", "disk", "output_path")},
    default_args={
        "conn_id": "{{ params.conn_id }}",
        "output_path": "{{ params.output_path }}",
        "deferrable": True,
    },
):
    samples, disk = "{{ params.samples }}", "{{ params.disk }}"
    FaceSwapOperator(task_id="picture", face=f"{samples}/hopper.jpg", target=f"{samples}/astronaut.jpg")
    FaceSwapOperator(task_id="clip", face=f"{samples}/hopper.jpg", target=f"{samples}/clip.mp4")
    FaceSwapOperator(task_id="local_picture", face=f"{disk}/hopper.jpg", target=f"{disk}/astronaut.jpg")
    FaceSwapOperator(task_id="no_suffix", face=f"{disk}/hopper.jpg", target=f"{disk}/without_a_suffix")

with DAG(
    "one_clip",
    schedule=None,
    params={name: Param("", type="string") for name in ("conn_id", "samples", "stop_file")},
):
    FaceSwapOperator(
        task_id="swap",
        conn_id="{{ params.conn_id }}",
        face=f"{samples}/hopper.jpg",
        target=f"{samples}/clip.mp4",
        deferrable=True,
        short_wait=0,
        timeout=45,
        poll_interval=2,
        retries=2,
        retry_delay=timedelta(seconds=1),
    )
