"""What of a batch has ended, when that is worth an event, and the event itself."""

from __future__ import annotations

import base64
import binascii
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.siblings import Siblings

MAX_PROBLEM = 200
"""Characters of what an event says went wrong last."""


class Tally:
    """
    Counts the jobs of a batch that have ended.

    :param jobs: how many there are.
    :param siblings: what their durations taught.
    :param wake: fire when this many have ended; 0: all.
    :param patience: fire this many seconds after the first one has ended, or after a quarter of the median
        duration if that is longer; 0: do not.
    :param earliest: do not fire before, in seconds since the epoch.
    """

    def __init__(
        self, jobs: int, siblings: Siblings, *, wake: int = 0, patience: float = 0.0, earliest: float = 0.0
    ) -> None:
        self.jobs = jobs
        self.siblings = siblings
        self.polls = 0
        self.ended = 0
        self.problem = ""
        self._wake = min(wake, jobs) or jobs
        self._patience = patience
        self._earliest = earliest
        self._first_end = math.inf
        self._counts: Counter[str] = Counter()
        self._bitmap = bytearray((jobs + 7) // 8)

    def end(self, line: int, state: str, now: float) -> None:
        """
        Note that a job has ended.

        :param line: its number in the jobs file, from 0.
        :param state: how.
        :param now: seconds since the epoch.
        """
        self._bitmap[line // 8] |= 1 << line % 8
        self._counts[state] += 1
        self.ended += 1
        self._first_end = min(self._first_end, now)

    def fires_at(self) -> float:
        """Return when to fire, in seconds since the epoch; infinite while that is not known."""
        if self.ended >= self._wake:
            return self._earliest
        if not self._patience:
            return math.inf
        # Jobs behind a stuck one do not wait for it; minutes count for short jobs, not for long ones.
        seconds = max(self._patience, (self.siblings.median() or 0.0) / 4)
        return max(self._earliest, self._first_end + seconds)

    def event(self, now: float) -> dict[str, Any]:
        """
        Return the event.

        It is ``{"counts": {state: n}, "ended": bitmap, "polls": n, "learned": {...}, "problem": text}``. The
        bitmap, in base64, has a bit for each line of the jobs file: with 10,000 jobs all is under 4 KB.

        :param now: seconds since the epoch.
        """
        return {
            "counts": dict(self._counts),
            "ended": base64.b64encode(bytes(self._bitmap)).decode(),
            "polls": self.polls,
            "learned": self.siblings.as_dict(now),
            "problem": self.problem[:MAX_PROBLEM],
        }


def ended_lines(event: Any, jobs: int) -> list[int] | None:
    """
    Return which lines of the jobs file have ended, as an event says.

    :param event: whatever the triggerer handed over.
    :param jobs: how many lines the file has.
    :return: their numbers, from 0; None if the event does not say, or is about another file.
    """
    text = event.get("ended") if isinstance(event, dict) else None
    try:
        bitmap = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return None
    if len(bitmap) != (jobs + 7) // 8 or not bitmap:
        return None
    return [line for line in range(jobs) if bitmap[line // 8] >> line % 8 & 1]
