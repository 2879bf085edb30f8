"""The provider's operator, mapped."""

from __future__ import annotations

from airflow.sdk import DAG

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from benchmarks.videos.given import FACE, FOLDER, SIZES, videos

for size in SIZES:
    with DAG(dag_id=f"mapped_{size}", schedule=None):
        ModelsLabSingleVideoSwapOperator.partial(
            task_id="swap",
            conn_id="benchmark_modelslab",
            init_image=FACE,
            deferrable=True,
            output_path=f"file://{FOLDER}/{{{{ run_id }}}}",
        ).expand(init_video=videos(size))
