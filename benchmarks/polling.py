"""
How many polls a job costs and how late its end is seen: the real schedule against one every ten seconds.

Run ``python -m benchmarks.polling``. 20,000 simulated jobs, lognormal with a median of 120 s, 2 % of them
stuck to the deadline of an hour. A job's polls include the collecting one on the worker; lateness is a share
of the job's own duration, of the jobs that end.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from airflow_provider_faceswap.apis.polling import seconds_to_next_poll

JOBS, MEDIAN, SIGMA, STUCK, DEADLINE = 20_000, 120.0, 0.75, 0.02, 3600.0
Schedule = Callable[[float, "float | None"], float]


def simulate(schedule: Schedule, error: float | None, seed: int = 7) -> tuple[float, float, float]:
    """
    Return polls per job, mean lateness and its 95th percentile.

    :param schedule: seconds to the next look, from age and eta.
    :param error: how far the eta may be off, as a share of the duration; None for no eta at all.
    """
    chance = random.Random(seed)
    polls, late = 0, []
    for _ in range(JOBS):
        duration = MEDIAN * math.exp(chance.gauss(0, SIGMA))
        eta = None if error is None else duration * (1 + chance.uniform(-error, error))
        end = math.inf if chance.random() < STUCK else duration
        age = 0.0
        while age < min(end, DEADLINE):
            age = min(age + schedule(age, eta), DEADLINE)
            polls += 1
        polls += 1
        if end <= DEADLINE:
            late.append((age - end) / end)
    late.sort()
    return polls / JOBS, sum(late) / len(late), late[int(len(late) * 0.95)]


_jitter = random.Random(7)


def ours(age: float, eta: float | None) -> float:
    """Return the step of the real schedule."""
    return seconds_to_next_poll(age, eta=eta, jitter=_jitter.random())


def every_ten_seconds(age: float, eta: float | None) -> float:
    """Return the step that a plain sensor takes."""
    return 10.0


def main() -> None:
    """Print the comparison."""
    table = Table("eta", "schedule", "polls per job", "mean lateness", "95th percentile")
    for name, error in (("right within 20 %", 0.2), ("right within 50 %", 0.5), ("absent", None)):
        for schedule in (ours, every_ten_seconds):
            polls, mean, p95 = simulate(schedule, error)
            table.add_row(name, schedule.__name__, f"{polls:.2f}", f"{mean:.1%}", f"{p95:.1%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
