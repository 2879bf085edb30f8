"""What a task keeps in Airflow's task state store (3.3 and later), for all of its tries."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

if TYPE_CHECKING:
    from airflow.sdk import Context


class TaskState:
    """
    The keys of one task instance.

    :param context: the task's, or what holds a ``task_state_store`` like its.
    """

    def __init__(self, context: Context | Mapping[str, object]) -> None:
        self._store: Any = context.get("task_state_store")

    @property
    def durable(self) -> bool:
        """Whether a later try will find what is written."""
        return self._store is not None

    def get(self, key: str) -> Any:
        """Return a value; None if there is none, or if it is this try that the store does not know."""
        return self._store.get(key) if self.durable else None

    def set(self, key: str, value: Any) -> None:
        """Write a value; raises what the store raises, such as for a try that another one has replaced."""
        if self.durable:
            # It goes with its Dag run: what is paid does not expire.
            self._store.set(key, value, retention=_never_expire())

    def delete(self, key: str) -> None:
        """Delete a value."""
        if self.durable:
            self._store.delete(key)

    def set_with_retries(self, key: str, value: Any) -> None:
        """Write what a submission came to: tried for half a minute, for the money's sake."""
        if not self.durable:
            return
        for attempt in Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(6),
            wait=wait_exponential(max=10),
            sleep=time.sleep,
            reraise=True,
        ):
            with attempt:
                self.set(key, value)


def state_url(ti: Any, key: str) -> str:
    """
    Return where Airflow's API has a key.

    :param ti: the task instance.
    :param key: of its state.
    """
    path = "/".join(
        f"{part}/{quote(str(value), safe='')}"
        for part, value in (("dags", ti.dag_id), ("dagRuns", ti.run_id), ("taskInstances", ti.task_id))
    )
    return f"/api/v2/{path}/state-store/{quote(key, safe='')}?map_index={ti.map_index}"


def _never_expire() -> timedelta:
    from airflow.sdk.execution_time import context

    # A store without the constant keeps entries for as long as it is asked to.
    never: timedelta = getattr(context, "NEVER_EXPIRE", timedelta(days=3650))
    return never


def _may_pass(error: BaseException) -> bool:
    # A 404 means that another try has taken over: it owns what is kept now.
    detail = getattr(getattr(error, "error", None), "detail", None)
    gone = isinstance(detail, dict) and detail.get("status_code") == 404
    return isinstance(error, Exception) and not gone
