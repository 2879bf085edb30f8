"""Polls the jobs of a batch: one schedule for all of them, and a bounded number of polls at a time."""

from __future__ import annotations

import asyncio
import heapq
import logging
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.polling import seconds_to_fallback_poll
from airflow_provider_faceswap.apis.watch import CALLED_BACK, DEADLINE
from airflow_provider_faceswap.exceptions import PollError, loggable
from airflow_provider_faceswap.triggers.alarm import Alarm
from airflow_provider_faceswap.triggers.listener import Listener

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.base import SwapHook
    from airflow_provider_faceswap.triggers.joblist import BatchJob
    from airflow_provider_faceswap.triggers.tally import Tally

log = logging.getLogger(__name__)

POLLS_AT_ONCE = 50
"""Polls that run at a time; the connection's own limit may be lower."""
OVERTIME = 60.0
"""Seconds after its deadline when a job is given up without a last poll: the vendor answers too slowly."""
FINISH = 2.0
"""Seconds that polls have to end in when the event fires."""
REPLAN, REPLAN_SHARE = 2.0, 0.1
"""A plan is made again after so many seconds, or this share of the job's age: siblings may have ended."""
ASK_AGAIN = 20.0
"""Seconds between two polls for a job that only a callback names, while the vendor does not know it."""
MISSED = 3
"""Jobs whose end a poll finds before any callback comes; then none is expected any longer."""
BLOCK = 100
"""Jobs that are looked at before the event loop gets its turn."""
SUMMARY = 60.0
"""Seconds between two lines in the log."""


class Crowd:
    """
    Polls jobs until their tally fires.

    :param jobs: the lines of the jobs file.
    :param tally: what has ended.
    :param hook: of the connection.
    :param provider: the vendor's connection type.
    :param base_url: where the jobs were bought.
    :param listener: hears of the jobs' callbacks, if any are expected.
    """

    def __init__(
        self,
        jobs: Sequence[BatchJob],
        tally: Tally,
        *,
        hook: SwapHook,
        provider: str,
        base_url: str,
        listener: Listener | None = None,
    ) -> None:
        self._jobs = jobs
        self._tally = tally
        self._hook = hook
        self._vendor = vendor(provider)
        self._base_url = base_url
        self._listener = listener or Listener(provider)
        self._lines = {job.nonce: line for line, job in enumerate(jobs) if job.nonce}
        self._calls = self._missed = 0
        self._queue: list[tuple[float, int]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._alarm = Alarm()
        self._failed = 0
        self._problem = self._last_problem = ""
        self._next_summary = 0.0

    async def watch(self) -> None:
        """Poll the jobs; return when the tally fires."""
        self._next_summary = time.time() + SUMMARY
        await self._enqueue_all()
        receiving = asyncio.create_task(self._receive())
        try:
            while (now := time.time()) < self._tally.fires_at():
                self._sum_up(now)
                if self._start_due(now):
                    await asyncio.sleep(0)
                else:
                    await self._alarm.sleep(self._next_event() - now)
            if self._running:
                await asyncio.wait(self._running, timeout=FINISH)
        finally:
            for task in (receiving, *self._running):
                task.cancel()
            await asyncio.gather(receiving, *self._running, return_exceptions=True)
        self._tally.problem = self._tally.problem or self._problem

    async def _enqueue_all(self) -> None:
        for line, job in enumerate(self._jobs):
            job.luck = random.uniform(0.9, 1.1)
            if job.job_id:
                self._resume(job)
                self._enqueue(line, time.time())
            else:  # until a callback names it
                heapq.heappush(self._queue, (job.watch.deadline, line))
            if line % BLOCK == 0:
                await asyncio.sleep(0)

    def _resume(self, job: BatchJob) -> None:
        """Go on where an earlier trigger stopped: it did not say when it polled this job."""
        if self._expects_call(job):
            return
        eta, siblings = job.watch.usable_eta, self._tally.siblings
        watched = siblings.watched_until - job.watch.submitted_at
        if watched > 0 and (seen := siblings.last_poll(eta, watched, random.random())):
            siblings.on_running(eta, 0.0, seen)
            job.seen = seen

    def _enqueue(self, line: int, now: float) -> None:
        job = self._jobs[line]
        if job.watch.irregular:
            heapq.heappush(self._queue, (now + job.watch.wait(now), line))
        else:
            self._replan(line, self._planned(job), now)

    def _replan(self, line: int, planned: float, now: float) -> None:
        age = now - self._jobs[line].watch.submitted_at
        heapq.heappush(self._queue, (min(planned, now + max(REPLAN, REPLAN_SHARE * age)), line))

    def _planned(self, job: BatchJob) -> float:
        watch, siblings = job.watch, self._tally.siblings
        if self._expects_call(job):
            eta = watch.usable_eta or siblings.median()
            age = job.seen + seconds_to_fallback_poll(job.seen, eta=eta, jitter=5 * (job.luck - 0.9))
        else:
            age = siblings.next_poll(watch.usable_eta, job.seen, job.luck)
        return min(watch.submitted_at + age, watch.deadline)

    def _expects_call(self, job: BatchJob) -> bool:
        return bool(job.nonce) and self._listener.hears and (self._calls > 0 or self._missed < MISSED)

    async def _receive(self) -> None:
        """Take note of callbacks: one for a job says that a worker shall look, and nothing else."""
        while self._lines:
            nonce, named = await self._listener.called()
            line = self._lines.get(nonce)
            if line is not None and named:
                self._on_call(line, named, time.time())

    def _on_call(self, line: int, named: set[str], now: float) -> None:
        job = self._jobs[line]
        self._calls += 1
        if not job.job_id or job.named:  # the vendor must know it: whoever has the URL can name any
            job.job_id, job.named = min(named), True
            heapq.heappush(self._queue, (now, line))
        elif job.job_id not in named:
            log.warning("A callback for job %s names another; it does not count", job.job_id)
        elif not job.ended:
            age = max(0.0, now - job.watch.submitted_at)
            self._tally.siblings.on_running(job.watch.usable_eta, job.seen, age)
            self._tally.siblings.on_end(job.watch.usable_eta, age, age)
            self._end(line, CALLED_BACK, now)
        self._alarm.ring()

    def _start_due(self, now: float) -> bool:
        """Start polls that are due; return whether others may be."""
        for _ in range(BLOCK):
            if not self._queue or self._startable_at() > now:
                return False
            _, line = heapq.heappop(self._queue)
            job = self._jobs[line]
            if job.ended:  # by a callback
                continue
            overtime = OVERTIME if job.job_id and not job.named else 0.0
            if now >= job.watch.deadline + overtime:
                self._end(line, DEADLINE, now)
            elif not job.named and not job.watch.irregular and (planned := self._planned(job)) > now:
                self._replan(line, planned, now)
            else:
                task = asyncio.create_task(self._poll(line))
                self._running.add(task)
                task.add_done_callback(self._on_polled)
        return True

    def _on_polled(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._alarm.ring()

    def _next_event(self) -> float:
        until = min(self._tally.fires_at(), self._next_summary)
        return min(until, self._startable_at()) if self._queue else until

    def _startable_at(self) -> float:
        due, line = self._queue[0]
        if len(self._running) < POLLS_AT_ONCE:
            return due
        return self._jobs[line].watch.deadline + OVERTIME

    async def _poll(self, line: int) -> None:
        job = self._jobs[line]
        self._tally.polls += 1
        answer = None
        try:
            request = self._vendor.poll_request(job.job_id, job.route or {})
            answer = await self._hook.asend(request, self._base_url)
            now = time.time()
            end = job.watch.on_state(answer, now)
            self._learn(job, answer, now)
            self._problem = ""
        except Exception as error:  # whatever one poll brings, no job is lost
            now = time.time()
            end = self._on_error(job, error, now)
        if job.ended:
            return
        if job.named:
            self._on_named(line, answer, now)
        elif end:
            self._missed += bool(job.nonce) and end != DEADLINE
            self._end(line, end, now)
        else:
            self._enqueue(line, now)

    def _on_named(self, line: int, answer: Job | None, now: float) -> None:
        if answer is not None and answer.state.known:
            self._end(line, CALLED_BACK, now)
        else:
            heapq.heappush(self._queue, (min(now + ASK_AGAIN, self._jobs[line].watch.deadline), line))

    def _on_error(self, job: BatchJob, error: Exception, now: float) -> str | None:
        # The text of an unexpected error may quote anything.
        problem = loggable(error)
        retry_after = error.retry_after if isinstance(error, PollError) else None
        self._failed += 1
        self._problem = self._last_problem = problem
        log.debug("Job %s: %s", job.job_id, problem)
        return job.watch.on_error(problem, now, retry_after)

    def _learn(self, job: BatchJob, answer: Job, now: float) -> None:
        eta, siblings = job.watch.usable_eta, self._tally.siblings
        age = max(0.0, now - job.watch.submitted_at)
        if answer.state.waiting:
            siblings.on_running(eta, job.seen, age)
            job.seen = age
        elif answer.state is JobState.SUCCESS:
            siblings.on_end(eta, job.seen, age)
        elif answer.state.settled and job.seen:
            siblings.on_left(eta, job.seen)

    def _end(self, line: int, end: str, now: float) -> None:
        job = self._jobs[line]
        job.ended = True
        log.debug("Job %s: %s", job.job_id, end)
        if end == DEADLINE:
            self._tally.problem = job.watch.problem or self._tally.problem
        self._tally.end(line, end, now)

    def _sum_up(self, now: float) -> None:
        """Say in the log how far it is, now and then."""
        if now < self._next_summary:
            return
        self._next_summary = now + SUMMARY
        tally = self._tally
        log.info("%d of %d jobs have ended, after %d polls", tally.ended, tally.jobs, tally.polls)
        if self._failed:
            log.warning("%d polls failed; the last one: %s", self._failed, self._last_problem)
            self._failed = 0
