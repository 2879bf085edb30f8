"""Waits for the callbacks of a batch's jobs: one subscription for all of them."""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis.watch import CALLED_BACK, DEADLINE
from airflow_provider_faceswap.triggers.alarm import Alarm

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.job import Job
    from airflow_provider_faceswap.callbacks.watcher import Subscription, Watcher
    from airflow_provider_faceswap.triggers.joblist import BatchJob
    from airflow_provider_faceswap.triggers.tally import Tally

log = logging.getLogger(__name__)


class CallbackCrowd:
    """
    Waits for callbacks until the tally fires.

    :param jobs: the lines of the jobs file.
    :param tally: what has ended.
    :param provider: the vendor that calls back.
    """

    def __init__(self, jobs: Sequence[BatchJob], tally: Tally, *, provider: str) -> None:
        self._jobs = jobs
        self._tally = tally
        self._provider = provider
        self._waiting = {job.nonce or f"line {line}": line for line, job in enumerate(jobs)}
        self._deadlines = [(job.watch.deadline, line) for line, job in enumerate(jobs)]
        heapq.heapify(self._deadlines)
        self._alarm = Alarm()

    async def watch(self, inbox: Watcher) -> None:
        """Wait for callbacks and deadlines; return when the tally fires."""
        async with inbox.subscribe(self._provider, *self._waiting) as subscription:
            receiving = asyncio.create_task(self._receive(subscription))
            try:
                await self.watch_deadlines()
            finally:
                receiving.cancel()
                await asyncio.gather(receiving, return_exceptions=True)
        self._tally.problem = self._tally.problem or inbox.problem

    async def watch_deadlines(self) -> None:
        """Wait for deadlines alone; return when the tally fires."""
        while (now := time.time()) < self._tally.fires_at():
            while self._deadlines and self._deadlines[0][0] <= now:
                self._end(heapq.heappop(self._deadlines)[1], DEADLINE, now)
            until = self._tally.fires_at()
            if self._deadlines:
                until = min(until, self._deadlines[0][0])
            await self._alarm.sleep(until - now)

    async def _receive(self, subscription: Subscription) -> None:
        while True:
            nonce, callbacks = await subscription.next_with_nonce()
            line = self._waiting.get(nonce)
            if line is not None and any(self._counts(line, job) for job in callbacks):
                self._end(line, CALLED_BACK, time.time())
                self._alarm.ring()

    def _counts(self, line: int, job: Job | None) -> bool:
        job_id = self._jobs[line].job_id
        if job is None:
            log.warning("A callback for job %s cannot be read; it does not count", job_id or "without id")
        elif job_id and job.job_id != job_id:
            log.warning("A callback for job %s names another, %s; it does not count", job_id, job.job_id)
        else:
            return True
        return False

    def _end(self, line: int, end: str, now: float) -> None:
        job = self._jobs[line]
        if self._waiting.pop(job.nonce or f"line {line}", None) is None:
            return  # it has ended already
        log.debug("Job %s: %s", job.job_id or job.nonce, end)
        if end == CALLED_BACK:
            age = max(0.0, now - job.watch.submitted_at)
            self._tally.siblings.on_running(None, 0.0, age)
            self._tally.siblings.on_end(None, age, age)
        self._tally.end(line, end, now)
