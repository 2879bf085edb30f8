"""Dags to look at in a browser; the run's conf says where media lie."""

from __future__ import annotations

from airflow.sdk import dag, task

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.operators.modelslab import (
    ModelsLabMultipleFaceSwapOperator,
    ModelsLabSingleVideoSwapOperator,
)
from airflow_provider_faceswap.operators.segmind import SegmindFaceSwapOperator

PARAMS = {"media": "", "bucket": "", "samples": "", "output_path": "", "items": [], "faults": ""}
OPTIONS = {"params": PARAMS, "max_active_runs": 20, "render_template_as_native_obj": True}


@dag(**OPTIONS)
def picture_and_clip():
    SegmindFaceSwapOperator(
        task_id="picture",
        source_img="{{ params.media }}/hopper.jpg",
        target_img="{{ params.media }}/astronaut.jpg",
        output_path="{{ params.output_path }}",
        consent_reference="release form 2026-117",
    )
    ModelsLabSingleVideoSwapOperator(
        task_id="clip",
        init_image="{{ params.bucket }}/hopper.jpg",
        init_video="{{ params.bucket }}/clip.mp4",
        output_path="{{ params.output_path }}",
        deferrable=True,
        short_wait=0,
    )


@dag(**OPTIONS)
def picture():
    ModelsLabMultipleFaceSwapOperator(
        task_id="swap",
        init_image="{{ params.samples }}/duo.jpg{{ params.faults }}",
        target_image="{{ params.samples }}/astronaut.jpg",
        output_path="{{ params.output_path or none }}",
        deferrable=True,
        short_wait=0,
        poll_interval=1,
    )


@dag(**OPTIONS)
def pictures_mapped():
    @task
    def targets(params):
        return [f"{params['media']}/{name}.jpg" for name in ("astronaut", "duo", "hopper")]

    SegmindFaceSwapOperator.partial(
        task_id="swap",
        source_img="{{ params.media }}/hopper.jpg",
        output_path="{{ params.output_path }}",
        map_index_template="{{ task.target_img.rpartition('/')[2] }}",
    ).expand(target_img=targets())


@dag(**OPTIONS)
def clips_in_store():
    FaceSwapOperator.partial(
        task_id="swap",
        conn_id="modelslab_default",
        face="{{ params.bucket }}/hopper.jpg",
        output_path="{{ params.bucket }}/results",
    ).expand(target=["{{ params.bucket }}/clip.mp4"])


@dag(**OPTIONS)
def batch():
    FaceSwapBatchOperator(
        task_id="swap",
        conn_id="segmind_default",
        items="{{ params['items'] }}",
        output_path="{{ params.output_path }}",
        max_failed=50,
    )


@dag(**OPTIONS)
def batch_slowly():
    FaceSwapBatchOperator(
        task_id="swap",
        conn_id="modelslab_default",
        operation="single_face_swap",
        items="{{ params['items'] }}",
        output_path="{{ params.output_path }}",
        max_active_jobs=16,
        deferrable=True,
        poll_interval=1,
    )


@dag(**OPTIONS)
def batch_in_doubt():
    FaceSwapBatchOperator(
        task_id="swap",
        conn_id="segmind_default",
        operation="v2/faceswap-v2",
        items="{{ params['items'] }}",
        output_path="{{ params.output_path }}",
        max_failed=50,
        deferrable=True,
        poll_interval=1,
    )


picture_and_clip()
picture()
pictures_mapped()
clips_in_store()
batch()
batch_slowly()
batch_in_doubt()
