"""All jobs: the store accepts submissions and runs every job to its end."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
import uuid
from collections.abc import Awaitable, Callable

from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.jobs.job import Job, Submission
from airflow_provider_faceswap.sandbox.jobs.progress import Progress, ProgressPolicies
from airflow_provider_faceswap.sandbox.pictures.rendering import Renderer
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap

OnEnd = Callable[[Job], Awaitable[None]]
# The outcomes whose result is computed.
RENDERED = ("success", "never")


class QueueFull(Exception):
    """The account has as many unfinished jobs as it may have."""


class JobStore:
    """
    All jobs of one sandbox.

    :param progress: the policies for new jobs.
    :param renderer: computes the results.
    :param counts: where acceptances are counted.
    :param max_queued: how many unfinished jobs there may be; ``None`` for no limit.
    """

    def __init__(
        self, progress: ProgressPolicies, renderer: Renderer, counts: Counts, max_queued: int | None
    ) -> None:
        self._progress = progress
        self._renderer = renderer
        self._counts = counts
        self._jobs: dict[str, Job] = {}
        self._files: dict[str, Job] = {}
        self._seen: set[str] = set()
        self._tasks: set[asyncio.Future[None]] = set()
        self._random = random.Random(0)
        # Ids go on over a restart and a reset, so that a stale id never names another job.
        self._ids = itertools.count(int(time.time() * 10) % 900_000_000 + 100_000_000)
        self.queued = 0
        self.max_queued = max_queued

    def get(self, job_id: str) -> Job | None:
        """Return the job with this id."""
        return self._jobs.get(job_id)

    def by_file(self, name: str) -> Job | None:
        """Return the job whose result has this name, once it succeeded."""
        job = self._files.get(name)
        return job if job and job.state == "success" else None

    def listing(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        return list(self._jobs.values())

    def reset(self) -> None:
        """Forget all jobs."""
        for task in self._tasks:
            task.cancel()
        for job in self._jobs.values():
            job.ended.set()  # a submission may still wait for it
        self._jobs.clear()
        self._files.clear()
        self._seen.clear()
        self.queued = 0

    async def accept(self, submission: Submission, on_end: OnEnd | None = None) -> Job:
        """
        Accept a submission, or refuse it with :exc:`QueueFull` or, if it asks for that, :exc:`CannotSwap`.

        :param submission: what to do.
        :param on_end: called when the job has ended.
        """
        if self.max_queued is not None and self.queued >= self.max_queued:
            raise QueueFull
        begun = time.monotonic()
        progress = self._progress.choose(
            submission.operation, is_video=submission.work.is_video, inputs=submission.inputs_text
        )
        if not submission.pollable:
            progress = progress.model_copy(update={"after_reads": 0})
        rendering = self._start(submission, progress)
        if submission.checks_inputs and progress.outcome in RENDERED:
            await asyncio.shield(rendering)
        job_id, seed = self._new_id(submission), self._random.getrandbits(32)
        job = Job(job_id, submission, progress, rendering, seed, accepted_at=begun)
        self._jobs[str(job.id)] = self._files[job.file_name] = job
        self._count(submission)
        task = asyncio.ensure_future(self._run(job, on_end))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def _new_id(self, submission: Submission) -> int | str:
        if submission.id_format == "number":
            return next(self._ids)
        new = uuid.uuid4()
        return new.hex if submission.id_format == "hex" else str(new)

    def _count(self, submission: Submission) -> None:
        self._counts.accepted[submission.operation] += 1
        self._counts.duplicates += submission.inputs_hash in self._seen
        self._seen.add(submission.inputs_hash)
        self.queued += 1
        self._counts.peak_queued = max(self._counts.peak_queued, self.queued)

    def _start(self, submission: Submission, progress: Progress) -> asyncio.Future[bytes]:
        rendering: asyncio.Future[bytes]
        if progress.outcome in RENDERED and not submission.problem:
            rendering = asyncio.ensure_future(self._renderer.render(submission.work, submission.port))
        else:
            message = progress.message or submission.problem or submission.failure[progress.outcome]
            rendering = asyncio.get_running_loop().create_future()
            rendering.set_exception(CannotSwap(message))
        # Nobody may ever ask for this job: asyncio must not complain about an error that nobody saw.
        rendering.add_done_callback(lambda done: done.cancelled() or done.exception())
        return rendering

    async def _run(self, job: Job, on_end: OnEnd | None) -> None:
        left = job.accepted_at + job.progress.after_seconds - time.monotonic()
        asyncio.get_running_loop().call_later(left, job.check_due)
        await asyncio.wait({job.rendering})
        await job.due.wait()
        job.ended_at = time.monotonic()
        self.queued -= 1
        job.ended.set()
        if on_end is not None:
            await on_end(job)
