"""The barest deferrable operator, mapped."""

from __future__ import annotations

from airflow.sdk import DAG

from benchmarks.videos.bare import BareSwapOperator
from benchmarks.videos.given import FACE, FOLDER, SIZES, videos

for size in SIZES:
    with DAG(dag_id=f"bare_{size}", schedule=None):
        BareSwapOperator.partial(task_id="swap", init_image=FACE, folder=f"{FOLDER}/{{{{ run_id }}}}").expand(
            init_video=videos(size)
        )
