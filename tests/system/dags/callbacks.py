"""A Dag that waits for a callback, for the test of the way from the receiver to a waiting task."""

from __future__ import annotations

import time
from typing import Any

from airflow.sdk import DAG, BaseOperator, Context, Param


class WaitForCallback(BaseOperator):
    """Defers to the trigger, and returns its event."""

    def execute(self, context: Context) -> None:
        from airflow_provider_faceswap.triggers.callbacks import SwapCallbackTrigger

        job = {name: context["params"][name] for name in ("nonce", "job_id")}
        trigger = SwapCallbackTrigger(provider="aifaceswap", jobs=[job], deadline=time.time() + 90)
        self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Context, event: Any) -> Any:
        return event


with DAG(
    "wait_for_callback",
    schedule=None,
    params={"nonce": Param("", type="string"), "job_id": Param("", type="string")},
):
    WaitForCallback(task_id="wait")
