"""A picture by the connection that the run's conf names."""

from __future__ import annotations

from airflow.sdk import dag

from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

PARAMS = {"media": "", "bucket": "", "samples": "", "output_path": "", "conn_id": ""}


@dag(params=PARAMS)
def with_conn_id():
    SegmindFaceSwapOperator(
        task_id="swap",
        conn_id="{{ params.conn_id }}",
        source_img="{{ params.media }}/hopper.jpg",
        target_img="{{ params.media }}/astronaut.jpg",
        output_path="{{ params.output_path }}",
    )


with_conn_id()
