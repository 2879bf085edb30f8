"""What is asked for: how many videos, how long they take, and what the plan allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

MAPPED, BATCH = "mapped", "batch"


@dataclass(frozen=True)
class Demand:
    """
    What is asked for.

    :param videos_per_hour: jobs that are submitted in an hour.
    :param seconds: the mean duration of a job at the vendor.
    :param spread: the standard deviation of the logarithm of the durations.
    :param plan_limit: jobs that one account may have at a time, the connection's ``max_active_jobs``.
    :param requests_per_second: that one account may send; None: no limit is known.
    :param accounts: that there are; None: as many as it takes.
    :param kind: ``mapped`` for a task for each video, ``batch`` for a task for each account.
    :param calls_back: whether the vendor reports by callback instead of being polled.
    :param eta: whether the vendor says how long a job takes; Segmind does not.
    :param megabytes: of one result.
    :param capacity: of one triggerer, ``[triggerer] capacity``.
    """

    videos_per_hour: float
    seconds: float = 120.0
    spread: float = 0.3
    plan_limit: int = 15
    requests_per_second: float | None = None
    accounts: int | None = None
    kind: str = BATCH
    calls_back: bool = False
    eta: bool = True
    megabytes: float = 5.0
    capacity: int = 1000

    @property
    def rate(self) -> float:
        """Videos a second."""
        return self.videos_per_hour / 3600

    @property
    def cv2(self) -> float:
        """The squared coefficient of variation of the durations."""
        return math.exp(self.spread**2) - 1

    @property
    def costs(self) -> str:
        """The kind of task whose unit costs apply."""
        return "callbacks" if self.calls_back and self.kind == BATCH else self.kind
