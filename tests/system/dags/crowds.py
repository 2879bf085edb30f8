"""Dags with many mapped tasks: for a vendor whose queue is short, and for jobs that end at any moment."""

from __future__ import annotations

import time
from typing import Any

from airflow.sdk import DAG, Param, task

from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator

SAMPLES = "{{ params.origin }}/samples"
PARAMS = {"conn_id": Param(type="string"), "origin": Param(type="string")}


def crowd(queries: list[str], **options: Any) -> None:
    ModelsLabSingleVideoSwapOperator.partial(
        task_id="swap",
        conn_id="{{ params.conn_id }}",
        init_image=f"{SAMPLES}/hopper.jpg",
        deferrable=True,
        retries=0,
        timeout=300,
        **options,
    ).expand(init_video=[f"{SAMPLES}/clip.mp4?{query}" for query in queries])


with DAG("refused_for_now", schedule=None, params=PARAMS, max_active_tasks=8):
    crowd([f"n={n}" for n in range(20)])

with DAG("within_a_pool", schedule=None, params=PARAMS, max_active_tasks=8):
    # The first jobs are waited for without a worker: only a pool that counts deferred tasks counts them.
    crowd([f"n={n}&{'long' if n < 5 else 'short'}" for n in range(20)], pool="plan_of_five")

with DAG("ends_at_any_moment", schedule=None, params=PARAMS, max_active_tasks=60):

    @task(priority_weight=100)
    def occupy_a_worker(number: int) -> None:
        time.sleep(20)

    # So tasks wait for a worker when they resume, and the scheduler fails those that it holds for running.
    occupy_a_worker.expand(number=list(range(8)))
    # None is waited for on a worker, and each trigger sees the end within a second.
    crowd([f"ends={n / 10}" for n in range(5, 100, 2)], short_wait=0, poll_interval=1)
