"""A Dag of another team, which those who look at the others may not see."""

from __future__ import annotations

from airflow.sdk import dag

from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

PARAMS = {"media": "", "bucket": "", "samples": "", "output_path": ""}


@dag(params=PARAMS)
def theirs():
    SegmindFaceSwapOperator(
        task_id="swap",
        source_img="{{ params.media }}/hopper.jpg",
        target_img="{{ params.media }}/duo.jpg",
        output_path="{{ params.output_path }}",
    )


theirs()
