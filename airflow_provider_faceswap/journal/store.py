"""The journal's I/O: one entry of the task state store (Airflow 3.3 and later)."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from airflow_provider_faceswap.exceptions import JournalError
from airflow_provider_faceswap.journal.entry import Entry

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

KEY = "faceswap"
PROBE = "faceswap_store_works"


class Journal:
    """
    The entry of one purchase of one task instance.

    :param context: the task's.
    :param item: which item of a task that buys several; None for the only one.
    """

    def __init__(self, context: Context, item: int | None = None) -> None:
        self._store: Any = context.get("task_state_store")
        self._ti = context["ti"]
        self.key = KEY if item is None else f"{KEY}/{item}"

    @property
    def durable(self) -> bool:
        """Whether a later try will find what is saved."""
        return self._store is not None

    def load(self) -> Entry | None:
        """
        Return the entry.

        "No entry" is believed only after a write: the store answers so as well when it is this try that it
        does not know.

        :raises JournalError: if the store fails, or holds something else.
        """
        if not self.durable:
            return None
        found = self._store.get(self.key)
        if found is None:
            self._store.set(PROBE, True)
            found = self._store.get(self.key)
        try:
            return Entry.from_store(found)
        except (ValueError, TypeError) as error:
            raise JournalError(f"the journal's entry cannot be read: {error}; {self.how_to()}") from None

    def save(self, entry: Entry) -> Entry:
        """Write the entry; once, for what must be known before anything is paid."""
        if self.durable:
            self._store.set(self.key, entry.as_dict())
        return entry

    def save_with_retries(self, entry: Entry) -> Entry:
        """Write what a submission came to: tried for half a minute, for the money's sake."""
        if self.durable:
            for attempt in Retrying(
                retry=retry_if_exception(_may_pass),
                stop=stop_after_attempt(6),
                wait=wait_exponential(max=10),
                sleep=time.sleep,
                reraise=True,
            ):
                with attempt:
                    self._store.set(self.key, entry.as_dict())
        return entry

    def how_to(self) -> str:
        """Return the calls that delete the entry or adopt a job."""
        if not self.durable:
            return "to buy anew, clear the task"
        ti = self._ti
        path = "/".join(
            f"{part}/{quote(str(value), safe='')}"
            for part, value in (("dags", ti.dag_id), ("dagRuns", ti.run_id), ("taskInstances", ti.task_id))
        )
        url = f"/api/v2/{path}/state-store/{self.key}?map_index={ti.map_index}"
        return (
            f"to buy anew, DELETE {url} of the API server and clear the task; to adopt a job, "
            f'PUT {{"value": "JOB_ID"}} there and clear the task'
        )


def _may_pass(error: BaseException) -> bool:
    # A 404 means that another try has taken over: it owns the entry now.
    return isinstance(error, Exception) and "404" not in str(error) and "not_found" not in str(error).lower()
