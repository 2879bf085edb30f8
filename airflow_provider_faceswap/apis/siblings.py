"""When to poll a job next, given what the other jobs of its batch taught: no I/O, no clock."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.apis.hazard import Hazard
from airflow_provider_faceswap.apis.polling import MIN_STEP, seconds_to_next_poll

SHORTEST, LONGEST = 1.0, 2.0 * 86400
"""Seconds between which durations are told apart."""
LEAST, MOST = 0.05, 50.0
"""The same for durations as shares of their eta."""
EARLY, EARLY_STEP = 0.2, 0.5
"""From this share of the eta on, a few jobs are polled: the etas of all may be wrong alike."""
MAX_ROWS = 40
"""Rows that a learned table has when it is written down; a longer one is written in wider bins."""


def _step_without_eta(age: float) -> float:
    return seconds_to_next_poll(age) / age


def _step_with_eta(share: float) -> float:
    eta = 1000.0  # long enough that no bound in seconds is met
    if share < EARLY:
        return 1e3
    step = seconds_to_next_poll(share * eta, eta=eta) / (share * eta)
    return EARLY_STEP if share < 0.83 else step


class Siblings:
    """
    What the jobs of one batch teach about each other.

    Jobs with an eta teach by which factor etas are wrong, jobs without one how long a job takes.

    :param learned: what :meth:`as_dict` of an earlier trigger returned; anything else teaches nothing.
    """

    def __init__(self, learned: object = None) -> None:
        self._shares = Hazard(LEAST, MOST, _step_with_eta)
        self._seconds = Hazard(SHORTEST, LONGEST, _step_without_eta)

    def next_poll(self, eta: float | None, seen: float, luck: float = 1.0) -> float:
        """
        Return the age at which to poll a job next.

        :param eta: seconds from submission to its expected end, if the vendor said.
        :param seen: its age when it was last seen running; 0 if it was not yet.
        :param luck: a number around 1 that differs between jobs: it spreads them.
        """
        hazard, unit = (self._shares, eta) if eta else (self._seconds, 1.0)
        age = unit * hazard.time_of(hazard.polls_until(seen / unit) + luck)
        return max(age, seen + MIN_STEP)

    def on_running(self, eta: float | None, seen: float, age: float) -> None:
        """
        Note that a job still runs.

        :param eta: as above.
        :param seen: its age when it was last seen running; 0 if it was not yet.
        :param age: its age now.
        """
        self._seconds.on_running(seen, age)
        if eta:
            self._shares.on_running(seen / eta, age / eta)

    def on_end(self, eta: float | None, seen: float, age: float) -> None:
        """Note that a job ended at some time between two polls; arguments as above."""
        self._seconds.on_end(seen, age)
        if eta:
            self._shares.on_end(seen / eta, age / eta)

    def on_left(self, eta: float | None, seen: float) -> None:
        """Note that a job is not watched any longer, and that its duration stays unknown."""
        self._seconds.on_left(seen)
        if eta:
            self._shares.on_left(seen / eta)

    def median(self) -> float | None:
        """Return the median duration in seconds, if any is known."""
        return self._seconds.median()

    def as_dict(self) -> dict[str, Any]:
        """Return what was learned, as at most 1 KB of JSON."""
        return {}
