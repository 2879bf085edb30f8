"""
How many polls a job costs and how late its end is seen: a simulation on a virtual clock.

Run ``python -m benchmarks.polling``; it takes a minute or two. Each batch has 2,000 jobs, of which 250 run
at a time; a block of 16 is submitted every four seconds, and the next wave once half of the slots are free,
as ``FaceSwapBatchOperator`` does. Durations have a median of 120 s, and 2 % of the jobs are stuck to the
deadline of an hour. Polls are the trigger's; the collecting one on the worker comes on top. Lateness is a
share of the job's own duration. "alone" is the schedule of a single job, "learning" that of a batch, whose
knowledge passes from trigger to trigger as it does through the events. The last column is the lateness that
no schedule with so many polls can beat, even one that knows the distribution beforehand.
"""

from __future__ import annotations

import heapq
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from airflow_provider_faceswap.apis.polling import seconds_to_next_poll
from airflow_provider_faceswap.apis.siblings import Siblings

MEDIAN, DEADLINE = 120.0, 3600.0
BLOCK, BLOCK_SECONDS = 16, 4.0
REPLAN, REPLAN_SHARE = 2.0, 0.1
Durations = Callable[[random.Random], float]


@dataclass(frozen=True)
class Batch:
    """
    What is simulated.

    :param durations: draws a job's duration.
    :param error: how far an eta may be off, as a share of the duration; None for no eta at all.
    :param bias: what all etas are multiplied with.
    """

    durations: Durations
    error: float | None = None
    bias: float = 1.0
    jobs: int = 2000
    active: int = 250
    stuck: float = 0.02
    seed: int = 7


@dataclass
class SimulatedJob:
    """One job; ``end`` is its age at its end, infinite if it is stuck."""

    end: float
    eta: float | None
    luck: float
    submitted_at: float = 0.0
    seen: float = 0.0


@dataclass(frozen=True)
class Found:
    """Polls per job, mean lateness and its 95th percentile."""

    polls: float
    mean: float
    p95: float


class Schedule(ABC):
    """Says when to poll a job next, and may learn from what polls bring."""

    replans = False

    @abstractmethod
    def next_poll(self, job: SimulatedJob) -> float:
        """Return the age of the next poll."""

    def on_running(self, job: SimulatedJob, age: float) -> None:  # noqa: B027
        """Note that a poll found the job running."""

    def on_end(self, job: SimulatedJob, age: float) -> None:  # noqa: B027
        """Note that a poll found the job ended."""

    def on_wave(self, running: list[SimulatedJob], now: float) -> None:  # noqa: B027
        """Go on in another trigger."""


class EveryTenSeconds(Schedule):
    """What a plain sensor does."""

    def next_poll(self, job: SimulatedJob) -> float:
        """Return the age of the next poll."""
        return job.seen + 10.0


class Alone(Schedule):
    """What a job does that has no siblings."""

    def __init__(self) -> None:
        self._chance = random.Random(7)

    def next_poll(self, job: SimulatedJob) -> float:
        """Return the age of the next poll."""
        return job.seen + seconds_to_next_poll(job.seen, eta=job.eta, jitter=self._chance.random())


class Learning(Schedule):
    """What the jobs of a batch do."""

    replans = True

    def __init__(self) -> None:
        self._siblings = Siblings()
        self._chance = random.Random(7)

    def next_poll(self, job: SimulatedJob) -> float:
        """Return the age of the next poll."""
        return self._siblings.next_poll(job.eta, job.seen, job.luck)

    def on_running(self, job: SimulatedJob, age: float) -> None:
        """Note that a poll found the job running."""
        self._siblings.on_running(job.eta, job.seen, age)

    def on_end(self, job: SimulatedJob, age: float) -> None:
        """Note that a poll found the job ended."""
        self._siblings.on_end(job.eta, job.seen, age)

    def on_wave(self, running: list[SimulatedJob], now: float) -> None:
        """Write down what was learned, and read it again."""
        self._siblings = Siblings(self._siblings.as_dict(now))
        for job in running:
            age = now - job.submitted_at
            job.seen = self._siblings.last_poll(job.eta, age, self._chance.random())
            if job.seen:
                self._siblings.on_running(job.eta, 0.0, job.seen)


class Simulation:
    """
    One batch under one schedule.

    :param batch: what is simulated.
    :param schedule: when to poll.
    """

    def __init__(self, batch: Batch, schedule: Schedule) -> None:
        self._batch = batch
        self._schedule = schedule
        self._queue: list[tuple[float, int]] = []
        self._chance = random.Random(batch.seed)
        self._jobs: list[SimulatedJob] = []
        self._running: set[int] = set()
        self._wake_at = 0
        self._polls = 0
        self._late: list[float] = []

    def run(self) -> Found:
        """Simulate the batch to its end."""
        self._wave(0.0)
        while self._queue:
            now, number = heapq.heappop(self._queue)
            job = self._jobs[number]
            if self._schedule.replans and self._due(job) > now + 1e-6:
                self._enqueue(number, now)
            else:
                self._poll(number, now)
            if len(self._running) <= self._wake_at and self._running:
                self._wave(now)
        late = sorted(self._late)
        return Found(self._polls / self._batch.jobs, sum(late) / len(late), late[int(0.95 * len(late))])

    def _wave(self, now: float) -> None:
        self._schedule.on_wave([self._jobs[number] for number in self._running], now)
        new = min(self._batch.active - len(self._running), self._batch.jobs - len(self._jobs))
        for place in range(new):
            job = self._draw()
            job.submitted_at = now + place // BLOCK * BLOCK_SECONDS
            self._running.add(len(self._jobs))
            self._jobs.append(job)
        self._queue = []
        for number in self._running:
            self._enqueue(number, max(now, self._jobs[number].submitted_at))
        self._wake_at = len(self._running) // 2

    def _draw(self) -> SimulatedJob:
        batch, chance = self._batch, self._chance
        duration = batch.durations(chance)
        error = None if batch.error is None else chance.uniform(-batch.error, batch.error)
        eta = None if error is None else batch.bias * duration * (1 + error)
        stuck = chance.random() < batch.stuck
        return SimulatedJob(math.inf if stuck else duration, eta, chance.uniform(0.9, 1.1))

    def _due(self, job: SimulatedJob) -> float:
        return job.submitted_at + min(DEADLINE, self._schedule.next_poll(job))

    def _enqueue(self, number: int, now: float) -> None:
        job = self._jobs[number]
        due = self._due(job)
        if self._schedule.replans:
            due = min(due, now + max(REPLAN, REPLAN_SHARE * (now - job.submitted_at)))
        heapq.heappush(self._queue, (max(now, due), number))

    def _poll(self, number: int, now: float) -> None:
        job = self._jobs[number]
        age = now - job.submitted_at
        self._polls += 1
        if age >= job.end:
            self._late.append((age - job.end) / job.end)
            self._schedule.on_end(job, age)
            self._running.discard(number)
        elif age >= DEADLINE - 1e-6:
            self._running.discard(number)
        else:
            self._schedule.on_running(job, age)
            job.seen = age
            self._enqueue(number, now)


def lognormal(sigma: float, median: float = MEDIAN) -> Durations:
    """Return durations of which two thirds lie within ``exp(sigma)`` times the median."""
    return lambda chance: median * math.exp(chance.gauss(0.0, sigma))


def two_lengths(chance: random.Random) -> float:
    """Return the duration of a short or of a long clip."""
    return lognormal(0.15, chance.choice((60.0, 300.0)))(chance)


def least_lateness(batch: Batch, polls: float) -> float:
    """Return the mean lateness that no schedule with so many polls can beat, if none were stuck."""
    chance, drawn = random.Random(1), 200_000
    plain = range(drawn)
    if batch.error is None:
        values = sorted(math.log(batch.durations(chance)) for _ in plain)
    else:
        values = sorted(-math.log(1 + chance.uniform(-batch.error, batch.error)) for _ in plain)
    width, least = 0.02, values[0]
    counts = [0] * (int((values[-1] - least) / width) + 1)
    for value in values:
        counts[int((value - least) / width)] += 1
    # Polls at a density n in log time: n * survival of them are made, density / 2n is their lateness.
    area, left = 0.0, float(drawn)
    for count in counts:
        area += math.sqrt(count / width / drawn * (left - count / 2) / drawn) * width
        left -= count
    return area**2 / 2 / max(polls - 0.5, 0.1)


def batches() -> list[tuple[str, Batch, tuple[type[Schedule], ...]]]:
    """Return what is compared."""
    spread = lognormal(0.75)
    every = (EveryTenSeconds, Alone, Learning)
    return [
        ("eta right within 20 %", Batch(spread, 0.2), every),
        ("the same, half as long", Batch(spread, 0.2, 0.5), every[1:]),
        ("the same, twice as long", Batch(spread, 0.2, 2.0), every[1:]),
        ("eta right within 50 %", Batch(spread, 0.5), every[1:]),
        ("no eta, sigma 0.2", Batch(lognormal(0.2)), every),
        ("the same, none stuck", Batch(lognormal(0.2), stuck=0.0), every),
        ("no eta, sigma 0.35", Batch(lognormal(0.35)), every),
        ("no eta, sigma 0.5", Batch(lognormal(0.5)), every),
        ("no eta, 60 s or 300 s", Batch(two_lengths), every),
        ("no eta, 30 jobs, sigma 0.2", Batch(lognormal(0.2), jobs=30, stuck=0.0), every[1:]),
        ("eta, 30 jobs", Batch(spread, 0.2, jobs=30, stuck=0.0), every[1:]),
        ("eta, 10,000 jobs at once", Batch(spread, 0.2, jobs=10_000, active=10_000), every[2:]),
        ("no eta, the same, sigma 0.2", Batch(lognormal(0.2), jobs=10_000, active=10_000), every[2:]),
    ]


def main() -> None:
    """Print the comparison."""
    table = Table("batch", "schedule", "polls per job", "mean lateness", "95th percentile", "best possible")
    for name, batch, schedules in batches():
        for schedule in schedules:
            found = Simulation(batch, schedule()).run()
            table.add_row(
                name,
                {EveryTenSeconds: "every 10 s", Alone: "alone", Learning: "learning"}[schedule],
                f"{found.polls:.2f}",
                f"{found.mean:.1%}",
                f"{found.p95:.1%}",
                f"{least_lateness(batch, found.polls):.1%}",
            )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
