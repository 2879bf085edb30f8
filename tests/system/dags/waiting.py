"""Dags that wait, for the tests of the cluster itself."""

from __future__ import annotations

import time
from datetime import timedelta

from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.sdk import dag, task


@dag
def wait_deferred() -> None:
    TimeDeltaSensor(task_id="wait", delta=timedelta(seconds=10), deferrable=True)


@dag
def wait_on_worker() -> None:
    @task(retries=1, retry_delay=timedelta(seconds=1))
    def wait(seconds: float, ti=None) -> int:  # type: ignore[no-untyped-def]
        if ti.try_number == 1:
            time.sleep(seconds)
        return ti.try_number

    wait(60)


wait_deferred()
wait_on_worker()
