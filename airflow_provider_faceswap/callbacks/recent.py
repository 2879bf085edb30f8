"""What the receiver remembers of the inbox, so that a repeated body costs neither a thread nor a listing."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from airflow_provider_faceswap.callbacks.inbox import PutResult

MAX_JOBS = 4096
SECONDS = 600.0
"""How long something is remembered: then the inbox is asked again, which a person may have emptied."""


@dataclass
class _Job:
    until: float
    full: bool = False
    digests: set[str] = field(default_factory=set)


class RecentBodies:
    """
    The bodies that lie in the inbox for the jobs that were called back last.

    :param clock: seconds, from any start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._jobs: OrderedDict[str, _Job] = OrderedDict()

    def result(self, key: str, digest: str) -> PutResult | None:
        """
        Return what a put would come to, or None if only the inbox knows.

        :param key: the job's.
        :param digest: the body's.
        """
        job = self._jobs.get(key)
        if job is None:
            return None
        if job.until <= self._clock():
            del self._jobs[key]
            return None
        self._jobs.move_to_end(key)
        if digest in job.digests:
            return PutResult.REPEATED
        return PutResult.FULL if job.full else None

    def add(self, key: str, digests: Iterable[str], *, full: bool = False) -> None:
        """
        Remember bodies that lie in the inbox.

        :param key: the job's.
        :param digests: the bodies'.
        :param full: whether the inbox takes no other body of this job.
        """
        job = self._jobs.setdefault(key, _Job(0.0))
        job.until = self._clock() + SECONDS
        job.full = job.full or full
        job.digests.update(digests)
        self._jobs.move_to_end(key)
        while len(self._jobs) > MAX_JOBS:
            self._jobs.popitem(last=False)
