"""The time, as one attempt sees it."""

from __future__ import annotations

import time as _time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """
    A clock that a test can replace.

    :param time: returns seconds since the epoch.
    :param sleep: waits for some seconds.
    """

    time: Callable[[], float] = _time.time
    sleep: Callable[[float], None] = _time.sleep


def utc(moment: float) -> str:
    """Return a moment for people."""
    return _time.strftime("%Y-%m-%d %H:%M:%S UTC", _time.gmtime(moment))
