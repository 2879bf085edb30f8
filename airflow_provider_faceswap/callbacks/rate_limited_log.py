"""A log that nobody outside can flood."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

SECONDS = 60.0
"""Seconds from one line of a kind to the next."""


class RateLimitedLog:
    """
    Logs at most one line a minute of each kind; the next line says how many were left out.

    :param logger: writes the lines.
    :param clock: seconds, from any start.
    """

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._next: dict[str, float] = {}
        self._suppressed: Counter[str] = Counter()

    def log(self, level: int, message: str, *args: object) -> None:
        """
        Log a line, or count it.

        :param level: of :mod:`logging`.
        :param message: the format string; it is the kind.
        :param args: what goes into it.
        """
        if not self._logger.isEnabledFor(level):
            return
        now = self._clock()
        if now < self._next.get(message, now):
            self._suppressed[message] += 1
            return
        self._next[message] = now + SECONDS
        suppressed = self._suppressed.pop(message, 0)
        suffix = f" ({suppressed} more since the last such line)" if suppressed else ""
        self._logger.log(level, message + suffix, *args)
