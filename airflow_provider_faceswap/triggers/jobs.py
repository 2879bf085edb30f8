"""The trigger that polls jobs."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.results import as_result
from airflow_provider_faceswap.apis.watch import DEADLINE, Watch
from airflow_provider_faceswap.exceptions import FaceSwapError, LookError
from airflow_provider_faceswap.hooks import hook_for

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.base import Job
    from airflow_provider_faceswap.hooks.base import SwapHook

EARLIEST_EVENT = 8.0
"""Seconds from the start before an event resumes a task: the scheduler fails tasks that resume sooner."""
MOST_NAMED = 8
"""Jobs up to which an event names each one's state; above it there are counts alone."""


class SwapJobsTrigger(BaseTrigger):
    """
    Poll jobs until all are settled, then fire one event.

    The event is ``{"counts": {state: n}, "states": {job_id: state}, "problems": {job_id: text}}``, the
    latter two only for up to :data:`MOST_NAMED` jobs. A state is one of
    :class:`~airflow_provider_faceswap.apis.base.JobState`, or ``deadline``. It holds no URL: the worker that
    resumes looks again and takes the result itself.

    :param provider: the vendor's connection type.
    :param conn_id: the Airflow connection.
    :param jobs: one dict a job: ``job_id``, and where known ``submitted_at`` (seconds since the
        epoch), ``eta`` (seconds) and ``route`` (where to ask).
    :param deadline: when to stop, in seconds since the epoch.
    :param poll_interval: seconds between two looks at a job; None to follow the eta.
    :param end_from_trigger: push the result of a single finished job and end the task here.
    :param operation: the operation that such a result names.
    """

    def __init__(
        self,
        *,
        provider: str = "modelslab",
        conn_id: str = "",
        jobs: list[dict[str, Any]] | None = None,
        deadline: float = 0.0,
        poll_interval: float | None = None,
        end_from_trigger: bool = False,
        operation: str = "fetch",
        **_of_other_versions: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own has no types
        self.provider = provider
        self.conn_id = conn_id
        self.jobs = jobs or []
        self.deadline = deadline
        self.poll_interval = poll_interval
        self.end_from_trigger = end_from_trigger
        self.operation = operation

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments; none of them is a secret."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "provider": self.provider,
                "conn_id": self.conn_id,
                "jobs": self.jobs,
                "deadline": self.deadline,
                "poll_interval": self.poll_interval,
                "end_from_trigger": self.end_from_trigger,
                "operation": self.operation,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Watch all jobs; yield one event."""
        started = time.monotonic()
        hook = hook_for(self.provider, self.conn_id)
        async with AsyncExitStack() as stack:
            await self._connect(hook, stack)
            ended = await asyncio.gather(*(self._watch(hook, job) for job in self.jobs))
        if self.end_from_trigger and await self._push_result(ended):
            yield TaskSuccessEvent()
            return
        # Counted from this start, not from the worker's clock: the two machines may disagree.
        await asyncio.sleep(max(0.0, EARLIEST_EVENT - (time.monotonic() - started)))
        yield TriggerEvent(self._event(ended))

    async def _connect(self, hook: SwapHook, stack: AsyncExitStack) -> None:
        failures = 0
        while time.time() < self.deadline:
            try:
                await stack.enter_async_context(hook.connected())
                return
            except Exception as error:  # an API server that restarts must not end a paid wait
                failures += 1
                self.log.warning("Connection %r cannot be read yet: %s", self.conn_id, type(error).__name__)
                await asyncio.sleep(min(2.0**failures, 60.0, max(0.0, self.deadline - time.time())))

    async def _watch(self, hook: SwapHook, entry: dict[str, Any]) -> tuple[str, str, str, Job | None]:
        job_id = str(entry.get("job_id", ""))
        look = vendor(self.provider).look(job_id=job_id, route=entry.get("route") or {})
        watch = Watch(
            submitted_at=entry.get("submitted_at") or time.time(),
            deadline=self.deadline,
            eta=entry.get("eta"),
            poll_interval=self.poll_interval,
        )
        while True:
            await asyncio.sleep(watch.wait(time.time()))
            job = None
            try:
                job = await hook.asend(look)
                end = watch.saw(job, time.time())
            except FaceSwapError as error:
                retry_after = error.retry_after if isinstance(error, LookError) else None
                end = watch.missed(str(error), time.time(), retry_after)
                self.log.warning("Job %s: %s", job_id, error)
            if end:
                self.log.info("Job %s: %s", job_id, end)
                return job_id, end, watch.problem, job

    async def _push_result(self, ended: list[tuple[str, str, str, Job | None]]) -> bool:
        if len(ended) != 1:
            return False
        job = ended[0][3]
        ti = self.task_instance
        if ended[0][1] != "success" or job is None or ti is None:
            return False
        from airflow.sdk.execution_time.xcom import XCom

        entry = self.jobs[0]
        result = as_result(
            self.provider,
            self.operation,
            job,
            submitted_at=entry.get("submitted_at"),
            eta=entry.get("eta"),
        )
        await asyncio.to_thread(
            XCom.set,
            key="return_value",
            value=result,
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            run_id=ti.run_id,
            map_index=ti.map_index,
        )
        return True

    def _event(self, ended: list[tuple[str, str, str, Job | None]]) -> dict[str, Any]:
        event: dict[str, Any] = {"counts": dict(Counter(state for _, state, _, _ in ended))}
        if len(ended) <= MOST_NAMED:
            event["states"] = {job_id: state for job_id, state, _, _ in ended}
            event["problems"] = {
                job_id: problem[:120] for job_id, state, problem, _ in ended if state == DEADLINE
            }
        return event
