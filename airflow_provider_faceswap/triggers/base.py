"""What all triggers of this provider do alike: wait, then end the task or fire one event."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, ClassVar, NamedTuple

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.results import as_result
from airflow_provider_faceswap.apis.siblings import Siblings
from airflow_provider_faceswap.apis.watch import DEADLINE
from airflow_provider_faceswap.exceptions import PollError
from airflow_provider_faceswap.threads import in_thread
from airflow_provider_faceswap.triggers.joblist import BatchJob, load_jobs
from airflow_provider_faceswap.triggers.tally import Tally

MIN_EVENT_SECONDS = 8.0
"""Seconds from the start before an event resumes a task: the scheduler fails tasks that resume sooner."""
MAX_NAMED = 8
"""Jobs up to which an event names each one's state; above it there are counts alone."""


class Ended(NamedTuple):
    """
    How the wait for one job ended.

    :param key: names the job in the event.
    :param state: how the wait ended.
    :param problem: what went wrong last.
    :param job: as the vendor described it, if one answer is to be believed.
    """

    key: str
    state: str
    problem: str
    job: Job | None


class SwapTrigger(BaseTrigger):
    """
    Wait until all jobs are settled, then fire one event.

    The event is ``{"counts": {state: n}, "states": {key: state}, "problems": {key: text}}``, the latter two
    only for up to :data:`MAX_NAMED` jobs. It holds no URL: the worker that resumes takes the result itself.
    With ``jobs_url`` it watches a batch, whose event :meth:`batch_event` describes.

    :param provider: the vendor's connection type.
    :param conn_id: the Airflow connection.
    :param jobs: one dict a job.
    :param deadline: when to stop, in seconds since the epoch.
    :param end_from_trigger: push the result of a single finished job and end the task here.
    :param operation: the operation that such a result names.
    :param jobs_url: the file that lists the jobs of a batch, a JSON object a line; it replaces ``jobs``.
    :param base_url: where the jobs of a batch were bought: another host is not asked about them.
    :param wake: fire when so many jobs of a batch have ended; 0: all.
    :param patience: fire so many seconds after the first job of a batch has ended, or after a quarter of the
        median duration if that is longer; 0: do not.
    :param learned: what the last event of the batch held under this name.
    """

    arguments: ClassVar[tuple[str, ...]] = (
        "provider", "conn_id", "jobs", "deadline", "end_from_trigger", "operation",
        "jobs_url", "base_url", "wake", "patience", "learned",
    )  # fmt: skip
    """What is kept in the database; none of them is a secret."""

    def __init__(
        self,
        *,
        provider: str = "",
        conn_id: str = "",
        jobs: list[dict[str, Any]] | None = None,
        deadline: float = 0.0,
        end_from_trigger: bool = False,
        operation: str = "fetch",
        jobs_url: str = "",
        base_url: str = "",
        wake: int = 0,
        patience: float = 0.0,
        learned: dict[str, Any] | None = None,
        **_of_other_versions: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own has no types
        self.provider = provider
        self.conn_id = conn_id
        self.jobs = jobs or []
        self.deadline = deadline
        self.end_from_trigger = end_from_trigger
        self.operation = operation
        self.jobs_url = jobs_url
        self.base_url = base_url
        self.wake = wake
        self.patience = patience
        self.learned = learned or {}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in self.arguments}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait for all jobs; yield one event."""
        started = time.monotonic()
        if self.jobs_url:
            event = await self.batch_event(MIN_EVENT_SECONDS)
            await asyncio.sleep(max(0.0, MIN_EVENT_SECONDS - (time.monotonic() - started)))
            yield TriggerEvent(event)
            return
        ended = await self._wait_for_all()
        if self.end_from_trigger and await self._push_result(ended):
            yield TaskSuccessEvent()
            return
        # Counted from this start, not from the worker's clock: the two machines may disagree.
        await asyncio.sleep(max(0.0, MIN_EVENT_SECONDS - (time.monotonic() - started)))
        yield TriggerEvent(_event(ended))

    async def batch_event(self, min_seconds: float = 0.0) -> dict[str, Any]:
        """
        Watch a batch, and return its event.

        See :meth:`~airflow_provider_faceswap.triggers.tally.Tally.event` for it. A worker that does not defer
        runs this by itself: ``asyncio.run(trigger.batch_event())``.

        :param min_seconds: not to return before so many seconds.
        """
        earliest = time.time() + min_seconds
        siblings = Siblings(self.learned)
        try:
            jobs = await load_jobs(self.jobs_url, self.deadline, self._poll_interval())
        except PollError as error:
            self.log.error("The batch is not watched: %s", error)
            tally = Tally(0, siblings)
            tally.problem = str(error)
            return tally.event(time.time())
        tally = Tally(len(jobs), siblings, wake=self.wake, patience=self.patience, earliest=earliest)
        await self._watch_batch(jobs, tally)
        return tally.event(time.time())

    def _poll_interval(self) -> float | None:
        return None

    @abstractmethod
    async def _watch_batch(self, jobs: list[BatchJob], tally: Tally) -> None:
        """Watch the jobs of a batch until the tally fires."""

    @abstractmethod
    async def _wait_for_all(self) -> list[Ended]:
        """Wait for the jobs, in their order, up to the deadline."""

    async def _push_result(self, ended: list[Ended]) -> bool:
        ti = self.task_instance
        job = ended[0].job if len(ended) == 1 else None
        if ti is None or job is None or job.state is not JobState.SUCCESS or not job.output:
            return False
        from airflow.sdk.execution_time.xcom import XCom

        entry = self.jobs[0]
        result = as_result(
            self.provider,
            self.operation,
            job,
            submitted_at=entry.get("submitted_at") or None,
            eta=entry.get("eta"),
        )
        push = partial(
            XCom.set,
            key="return_value",
            value=result,
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            run_id=ti.run_id,
            map_index=ti.map_index,
        )
        await in_thread(push)
        return True


def _event(ended: list[Ended]) -> dict[str, Any]:
    event: dict[str, Any] = {"counts": dict(Counter(one.state for one in ended))}
    if len(ended) <= MAX_NAMED:
        event["states"] = {one.key: one.state for one in ended}
        event["problems"] = {one.key: one.problem[:120] for one in ended if one.state == DEADLINE}
    return event
