"""The provider's batch: all videos in one task."""

from __future__ import annotations

from airflow.sdk import DAG

from benchmarks.videos.given import FACE, FOLDER, SIZES

try:
    from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator
except ModuleNotFoundError:
    SIZES = []

for size in SIZES:
    with DAG(dag_id=f"batch_{size}", schedule=None):
        FaceSwapBatchOperator(
            task_id="swap",
            conn_id="benchmark_modelslab",
            operation="single_video_swap",
            items=f"file://{FOLDER}/items-{size}.jsonl",
            common={"init_image": FACE},
            output_path=f"file://{FOLDER}/{{{{ run_id }}}}",
            max_active_jobs=250,
            deferrable=True,
        )
