"""When to poll a job next, given what the other jobs of its batch taught: no I/O, no clock."""

from __future__ import annotations

import math
from typing import Any

from airflow_provider_faceswap.apis.hazard import Hazard
from airflow_provider_faceswap.apis.polling import FIRST_POLL, MIN_STEP, OVERDUE, seconds_to_next_poll

SHORTEST, LONGEST = 1.0, 2.0 * 86400
"""Seconds between which durations are told apart."""
LEAST, MOST = 0.05, 50.0
"""The same for durations as shares of their eta."""
EARLY, EARLY_STEP = 0.35, 0.5
"""From this share of the eta on, a few jobs are polled: the etas of all may be wrong alike."""
AGE = 200.0
"""Seconds at which the schedule without siblings meets none of its bounds in seconds."""
TRUST, TRUST_IN_ETA = 0.25, 4.0
"""How many siblings it takes to doubt the schedule without siblings, and the same around the eta."""
VERSION = 1
"""Of what is written down."""
MAX_TABLE = 450
"""Characters that one of its two tables may take."""


def _step_without_eta(age: float) -> float:
    bounded = min(age, AGE)
    return seconds_to_next_poll(bounded) / bounded


def _step_with_eta(share: float) -> float:
    if share < FIRST_POLL - 0.07:
        return EARLY_STEP if share > EARLY else math.inf
    return seconds_to_next_poll(AGE, eta=AGE / share) / AGE


def _trust_in_eta(share: float) -> float:
    return TRUST_IN_ETA if FIRST_POLL - 0.07 <= share <= OVERDUE else TRUST


class Siblings:
    """
    What the jobs of one batch teach about each other.

    Jobs with an eta teach by which factor etas are wrong, jobs without one how long a job takes.

    :param learned: what :meth:`as_dict` of an earlier trigger returned; anything else teaches nothing.
    """

    def __init__(self, learned: object = None) -> None:
        self.watched_until = 0.0
        """When the jobs of earlier triggers were watched last, in seconds since the epoch."""
        self._start()
        if isinstance(learned, dict) and learned.get("version") == VERSION:
            try:
                self._shares.read_list(_integers(learned["shares"]))
                self._seconds.read_list(_integers(learned["seconds"]))
                self.watched_until = float(_integers([learned["at"]])[0])
            except (KeyError, ValueError):
                self._start()

    def _start(self) -> None:
        self._shares = Hazard(LEAST, MOST, _step_with_eta, _trust_in_eta)
        self._seconds = Hazard(SHORTEST, LONGEST, _step_without_eta, lambda age: TRUST)

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

    def last_poll(self, eta: float | None, age: float, chance: float) -> float:
        """
        Return the age at which a job was polled last, as far as that can be guessed.

        :param eta: as above.
        :param age: up to which another trigger watched the job.
        :param chance: a random number from 0 to 1.
        """
        hazard, unit = (self._shares, eta) if eta else (self._seconds, 1.0)
        polls = hazard.polls_until(age / unit)
        return unit * hazard.time_of(max(1.0, polls - chance)) if polls > 1 else 0.0

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

    def as_dict(self, now: float) -> dict[str, Any]:
        """
        Return what was learned, as at most 1 KB of JSON.

        :param now: seconds since the epoch.
        """
        return {
            "version": VERSION,
            "at": int(now),
            "shares": self._shares.as_list(MAX_TABLE),
            "seconds": self._seconds.as_list(MAX_TABLE),
        }


def _integers(value: object) -> list[int]:
    if not isinstance(value, list) or not value or any(type(item) is not int for item in value):
        raise ValueError("not a list of integers")
    return value
