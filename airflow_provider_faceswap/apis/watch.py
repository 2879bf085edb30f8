"""How a job is watched until it is settled: decisions alone, driven by a worker or by a trigger."""

from __future__ import annotations

import random

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.polling import MAX_ETA, seconds_to_fallback_poll, seconds_to_next_poll

DEADLINE = "deadline"
"""How a watch ends without a verdict in time."""
CALLED_BACK = "called_back"
"""How one ends where a callback for the job came, whatever it says: the worker finds out itself."""
DOUBTS, DOUBT_SECONDS = 3, 60.0
"""An unknown id or an unreadable state is believed when it was seen this often over this long."""


class Watch:
    """
    One job's watch. All times are seconds since the epoch, so that they survive a restart.

    :param submitted_at: when the job was submitted.
    :param deadline: when to stop waiting.
    :param eta: seconds from submission to its end, as the vendor expects.
    :param poll_interval: seconds between two polls; None to follow the eta.
    """

    __slots__ = (
        "_doubts", "_failures", "_retry_after", "deadline", "eta", "patient", "poll_interval", "problem",
        "submitted_at",
    )  # fmt: skip

    def __init__(
        self,
        *,
        submitted_at: float,
        deadline: float,
        eta: float | None = None,
        poll_interval: float | None = None,
    ) -> None:
        self.submitted_at = submitted_at
        self.deadline = deadline
        self.eta = eta
        self.poll_interval = poll_interval
        self.patient = False
        """Whether a callback is expected, so that a poll is only for one that is lost."""
        self.problem = ""
        self._failures = 0
        self._retry_after: float | None = None
        self._doubts: list[float] = []

    @property
    def usable_eta(self) -> float | None:
        """The eta, unless it lies past the deadline: that would put off the first poll to the very end."""
        known = self.eta and self.eta <= MAX_ETA and self.submitted_at + self.eta < self.deadline
        return self.eta if known else None

    @property
    def irregular(self) -> bool:
        """Whether something else than the job's age decides when to poll it next."""
        return bool(self._failures or self._doubts or self.poll_interval)

    def wait(self, now: float) -> float:
        """Return the seconds until the next poll; the last one falls on the deadline."""
        if self._doubts:
            seconds = DOUBT_SECONDS / (DOUBTS - 1)
        elif self.poll_interval and not self._failures:
            seconds = self.poll_interval
        elif self.patient and not self._failures:
            age = max(0.0, now - self.submitted_at)
            seconds = seconds_to_fallback_poll(age, eta=self.usable_eta, jitter=random.random())
        else:
            seconds = seconds_to_next_poll(
                max(0.0, now - self.submitted_at),
                eta=self.usable_eta,
                failures=self._failures,
                retry_after=self._retry_after,
                jitter=random.random(),
            )
        return max(0.0, min(seconds, self.deadline - now))

    def on_state(self, job: Job, now: float) -> str | None:
        """
        Note what a poll brought.

        :return: how the watch ended (a :class:`JobState` or :data:`DEADLINE`), or None to go on.
        """
        self._failures, self._retry_after = 0, None
        if job.state.settled:
            return job.state.value
        if job.state.waiting:
            self._doubts.clear()
            self.problem = ""
        else:
            self._doubts.append(now)
            self.problem = f"the vendor answered {job.state.value!r} {job.message}".rstrip()
            if len(self._doubts) >= DOUBTS and now - self._doubts[0] >= DOUBT_SECONDS:
                return job.state.value
        return DEADLINE if now >= self.deadline else None

    def on_error(self, problem: str, now: float, retry_after: float | None = None) -> str | None:
        """
        Note that a poll failed.

        :param problem: what went wrong.
        :param retry_after: seconds that the vendor asked to wait.
        :return: as :meth:`on_state` does; failed polls end a watch only at its deadline.
        """
        self._failures += 1
        self._retry_after = retry_after
        self.problem = problem
        return DEADLINE if now >= self.deadline else None
