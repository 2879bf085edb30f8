"""Two queues: jobs that wait for the plan's limit, and the waves in which a batch fills it."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from typing import NamedTuple

Draw = Callable[[random.Random], float]
EARLIEST = 8.0
"""Seconds from a deferral in which no trigger fires: ``triggers.base.MIN_EVENT_SECONDS``."""
PATIENCE = 30.0
"""Seconds after the first end in which a batch goes on: ``operators.batch.PATIENCE``."""
SEED = 7


def durations(mean: float, spread: float) -> Draw:
    """
    Return what draws durations of jobs: lognormal, with this mean.

    :param mean: in seconds.
    :param spread: the standard deviation of their logarithm.
    """
    middle = math.log(mean) - spread**2 / 2
    return lambda chance: math.exp(chance.gauss(middle, spread))


def erlang_c(servers: int, load: float) -> float:
    """
    Return the share of jobs that have to wait where arrivals and durations are exponential.

    :param servers: jobs that may run at a time.
    :param load: jobs that would run at a time if none had to wait; less than ``servers``.
    """
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(servers: int, rate: float, mean: float, cv2: float) -> float:
    """
    Return the mean seconds for which a job waits for its submission (Allen and Cunneen's approximation).

    :param servers: jobs that may run at a time.
    :param rate: jobs a second, arriving independently of each other.
    :param mean: seconds that a job takes.
    :param cv2: the squared coefficient of variation of these seconds.
    """
    load = rate * mean
    if load >= servers:
        return math.inf
    return erlang_c(servers, load) * mean / (servers - load) * (1 + cv2) / 2


def simulate_wait(servers: int, rate: float, draw: Draw, jobs: int = 100_000) -> float:
    """Return what :func:`mean_wait` approximates, found by trying."""
    chance = random.Random(SEED)
    free = [0.0] * servers
    now = waited = 0.0
    for _ in range(jobs):
        now += chance.expovariate(rate)
        start = max(now, heapq.heappop(free))
        waited += start - now
        heapq.heappush(free, start + draw(chance))
    return waited / jobs


class Waves(NamedTuple):
    """How a batch fills the plan's limit."""

    use: float
    """Share of the limit that is in use at the vendor, on average."""
    videos_per_start: float
    """Videos for each start of the batch's task."""


def waves(limit: int, draw: Draw, late: float, turn: float, starts: int = 300) -> Waves:
    """
    Simulate a batch that never runs out of videos: it submits again once half of its slots are free.

    :param limit: jobs that may run at a time.
    :param draw: draws the duration of a job.
    :param late: how late an end is seen, as a share of the duration.
    :param turn: seconds from a trigger's event until the freed slots are filled again.
    :param starts: how many starts to simulate.
    """
    chance = random.Random(SEED)
    running: list[tuple[float, float]] = []  # when an end is seen, and for how long the vendor worked
    now = worked = 0.0
    done = 0
    wake = (limit + 1) // 2
    for _ in range(starts):
        for _ in range(limit - len(running)):
            duration = draw(chance)
            heapq.heappush(running, (now + duration * (1 + late), duration))
        first = running[0][0]
        median = sorted(duration for _, duration in running)[len(running) // 2]
        patient = max(now, first) + max(PATIENCE, median / 4)
        seen = heapq.nsmallest(wake, running)[-1][0]
        now = max(now + EARLIEST, min(seen, patient)) + turn
        while running and running[0][0] <= now - turn:
            worked += heapq.heappop(running)[1]
            done += 1
    return Waves(min(1.0, worked / (limit * now)), done / starts)
