"""Dags with many mapped tasks: for a vendor whose queue is short, and for jobs that end at any moment."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

SAMPLES = "{{ params.origin }}/samples"


def crowd(dag_id: str, queries: list[str], *, at_once: int, **options: Any) -> None:
    params = {"conn_id": Param(type="string"), "origin": Param(type="string")}
    with DAG(dag_id, schedule=None, params=params, max_active_tasks=at_once):
        ModelsLabSingleVideoSwapOperator.partial(
            task_id="swap",
            conn_id="{{ params.conn_id }}",
            init_image=f"{SAMPLES}/hopper.jpg",
            deferrable=True,
            retries=0,
            timeout=300,
            **options,
        ).expand(init_video=[f"{SAMPLES}/clip.mp4?{query}" for query in queries])


crowd("refused_for_now", [f"n={n}" for n in range(30)], at_once=8)

# The first jobs are waited for without a worker: only a pool that counts deferred tasks counts them.
crowd(
    "within_a_pool",
    [f"n={n}&{'long' if n < 5 else 'short'}" for n in range(30)],
    at_once=8,
    pool="plan_of_five",
)

# None is waited for on the worker, and each trigger sees the end within a second. More tasks than there
# are workers: the scheduler fails a task that it still holds for running while it is queued to resume.
crowd(
    "ends_at_any_moment",
    [f"ends={n / 10}" for n in range(5, 100, 2)],
    at_once=48,
    short_wait=0,
    poll_interval=1,
)
