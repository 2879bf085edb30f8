"""Mapped swaps, and batches, with all media in a bucket."""

from __future__ import annotations

from airflow.sdk import DAG

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from benchmarks.scale.given import FACE, KINDS, MEDIA, RUNS, dag_id, inputs

OUTPUT = f"{MEDIA}/results/{{{{ run_id }}}}"
OPERATIONS = {
    "batch": ("scale_modelslab", "single_video_swap", "init_image"),
    "callbacks": ("scale_aifaceswap", "faceswap", "face_image"),
}

for kind, videos, limit in RUNS:
    folder = f"{MEDIA}/{inputs(kind, int(videos))}"
    # More tasks that start at once would wait for the cores and send heartbeats meanwhile.
    with DAG(dag_id(kind, int(videos), int(limit)), schedule=None, max_active_tasks=4):
        if kind == "mapped":
            ModelsLabSingleVideoSwapOperator.partial(
                task_id="swap",
                conn_id="scale_modelslab",
                init_image=FACE,
                deferrable=True,
                output_path=OUTPUT,
            ).expand(init_video=[f"{folder}/{number}.mp4" for number in range(int(videos))])
        else:
            conn_id, operation, face = OPERATIONS[kind]
            FaceSwapBatchOperator(
                task_id="swap",
                conn_id=conn_id,
                operation=operation,
                items=f"{folder}/*.{KINDS[kind]}",
                common={face: FACE},
                output_path=OUTPUT,
                max_active_jobs=int(limit),
                deferrable=True,
            )
