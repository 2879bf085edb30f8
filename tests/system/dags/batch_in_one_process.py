"""A batch that is polled and one that is called back, for ``dag.test()``."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.batch import FaceSwapBatchOperator

SAMPLES = "{{ params.origin }}/samples"

with DAG(
    "batch_in_one_process",
    schedule=None,
    params={"origin": Param("", type="string"), "output_path": Param("", type="string")},
) as dag:
    options = {"common": {"face": f"{SAMPLES}/hopper.jpg"}, "deferrable": True, "retries": 0}
    FaceSwapBatchOperator(
        task_id="polled",
        conn_id="modelslab_default",
        items=[{"target": f"{SAMPLES}/clip.mp4?n={n}"} for n in range(5)],
        output_path="{{ params.output_path }}/polled",
        max_active_jobs=2,
        **options,
    )
    FaceSwapBatchOperator(
        task_id="called_back",
        conn_id="aifaceswap_default",
        items=[{"target": f"{SAMPLES}/duo.jpg?n={n}"} for n in range(3)],
        output_path="{{ params.output_path }}/called_back",
        **options,
    )

if __name__ == "__main__":
    import json
    import sys

    run = dag.test(run_conf=json.loads(sys.argv[1]))
    sys.exit(run.state != "success")
