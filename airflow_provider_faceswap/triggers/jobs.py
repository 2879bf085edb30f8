"""The trigger that polls jobs."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap import metrics
from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.watch import CALLED_BACK, DEADLINE, Watch
from airflow_provider_faceswap.exceptions import FaceSwapError, PollError, loggable
from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.threads import in_thread
from airflow_provider_faceswap.triggers.base import Ended, SwapTrigger
from airflow_provider_faceswap.triggers.crowd import ASK_AGAIN, Crowd
from airflow_provider_faceswap.triggers.listener import Listener

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.job import Job
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.triggers.joblist import BatchJob
    from airflow_provider_faceswap.triggers.tally import Tally


class SwapJobsTrigger(SwapTrigger):
    """
    Poll jobs until all are settled, then fire one event.

    See :class:`~airflow_provider_faceswap.triggers.base.SwapTrigger` for the event. Its keys are the jobs'
    ids, its states those of :class:`~airflow_provider_faceswap.apis.job.JobState`, or ``deadline``.

    :param provider: the vendor's connection type.
    :param conn_id: the Airflow connection.
    :param jobs: one dict a job: ``job_id``, and where known ``submitted_at`` (seconds since the
        epoch), ``eta`` (seconds), ``route`` (where to ask), ``nonce`` (of a callback that says when to poll)
        and ``base_url``: a connection that leads elsewhere meanwhile is not asked about the job. Without a
        ``job_id`` the trigger waits until a callback names one that the vendor knows.
    :param deadline: when to stop, in seconds since the epoch.
    :param poll_interval: seconds between two polls of a job; None to follow the eta.
    :param end_from_trigger: push the result of a single finished job and end the task here.
    :param operation: the operation that such a result names.
    """

    arguments = (*SwapTrigger.arguments, "poll_interval")

    def __init__(self, *, poll_interval: float | None = None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.poll_interval = poll_interval

    async def _wait_for_all(self) -> list[Ended]:
        # In a thread: a vendor of another package is looked up and imported.
        hook = await in_thread(hook_for, self.provider, self.conn_id)
        async with AsyncExitStack() as stack:
            await self._connect(hook, stack)
            return await asyncio.gather(*(self._watch(hook, job) for job in self.jobs))

    async def _watch_batch(self, jobs: list[BatchJob], tally: Tally) -> None:
        # In a thread: a vendor of another package is looked up and imported.
        hook = await in_thread(hook_for, self.provider, self.conn_id)
        async with AsyncExitStack() as stack:
            await self._connect(hook, stack)
            listener = await stack.enter_async_context(Listener(self.provider, *(job.nonce for job in jobs)))
            crowd = Crowd(
                jobs, tally, hook=hook, provider=self.provider, base_url=self.base_url, listener=listener
            )
            await crowd.watch()

    def _poll_interval(self) -> float | None:
        return self.poll_interval

    async def _connect(self, hook: SwapHook, stack: AsyncExitStack) -> None:
        failures = 0
        while time.time() < self.deadline:
            try:
                await stack.enter_async_context(hook.connected())
                return
            except Exception as error:  # an API server that restarts must not end a paid wait
                failures += 1
                self.log.warning("Connection %r cannot be read yet: %s", self.conn_id, loggable(error))
                await asyncio.sleep(min(2.0**failures, 60.0, max(0.0, self.deadline - time.time())))

    async def _watch(self, hook: SwapHook, entry: dict[str, Any]) -> Ended:
        async with Listener(self.provider, str(entry.get("nonce") or "")) as listener:
            if entry.get("nonce") and not entry.get("job_id"):
                return await self._await_id(hook, entry, listener)
            return await self._watch_job(hook, entry, listener)

    async def _watch_job(self, hook: SwapHook, entry: dict[str, Any], listener: Listener) -> Ended:
        job_id, bought_at = str(entry.get("job_id", "")), str(entry.get("base_url") or "")
        poll = vendor(self.provider).poll_request(job_id, entry.get("route") or {})
        watch = Watch(
            submitted_at=entry.get("submitted_at") or time.time(),
            deadline=self.deadline,
            eta=entry.get("eta"),
            poll_interval=self.poll_interval,
        )
        polls, heard = 0, False
        while True:
            named = await self._called(watch, listener, heard=heard)
            if job_id in named:
                if not self.end_from_trigger:
                    return self._ended(job_id, CALLED_BACK, watch, polls)
                heard = True
            elif named:
                self.log.warning("A callback names another job; it does not count")
                continue
            job = None
            try:
                job = await hook.asend(poll, bought_at)
                end = watch.on_state(job, time.time())
            except FaceSwapError as error:
                retry_after = error.retry_after if isinstance(error, PollError) else None
                end = watch.on_error(str(error), time.time(), retry_after)
                self.log.warning("Job %s: %s", job_id, error)
            polls += 1
            if end:
                return self._ended(job_id, end, watch, polls, job)

    async def _called(self, watch: Watch, listener: Listener, *, heard: bool) -> set[str]:
        """Wait until the next poll is due or a callback comes; callbacks may cease to be seen meanwhile."""
        watch.patient = listener.hears and not heard
        left = watch.wait(time.time())
        while True:
            step = min(left, ASK_AGAIN) if watch.patient else left
            _, named = await listener.called(step)
            left -= step
            if named or left <= 0:
                return named
            if not listener.hears:
                watch.patient = False
                left = min(left, watch.wait(time.time()))

    def _ended(self, job_id: str, end: str, watch: Watch, polls: int, job: Job | None = None) -> Ended:
        metrics.count("polls", polls, provider=self.provider, operation=self.operation)
        self.log.info("Job %s: %s", job_id, end)
        return Ended(job_id, end, watch.problem, job)

    async def _await_id(self, hook: SwapHook, entry: dict[str, Any], listener: Listener) -> Ended:
        """Wait until a callback names a job that the vendor knows."""
        nonce, bought_at = str(entry["nonce"]), str(entry.get("base_url") or "")
        route = entry.get("route") or {}
        named: set[str] = set()
        while (left := self.deadline - time.time()) > 0:
            named |= (await listener.called(min(left, ASK_AGAIN) if named else left))[1]
            for job_id in sorted(named):
                try:
                    job = await hook.asend(vendor(self.provider).poll_request(job_id, route), bought_at)
                except FaceSwapError as error:
                    self.log.warning("Job %s, which a callback names: %s", job_id, error)
                else:
                    if job.state.known:
                        self.log.info("A callback names job %s, and the vendor knows it", job_id)
                        return Ended(nonce, CALLED_BACK, "", None)
        return Ended(nonce, DEADLINE, "no callback came that names a job which the vendor knows", None)
