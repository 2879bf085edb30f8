"""What one of each thing carries, and so which is the first to break at a number of videos."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from benchmarks.scale.demand import BATCH, Demand
from benchmarks.scale.model import each, filling, polls_per_job
from benchmarks.scale.units import Units

DAY = 86400
CORES = 16
"""Of one machine of workers, and of the database's; an assumption."""
GIGABIT = 1e9
S3_A_SECOND = {"PUT": 3500, "POST": 3500, "DELETE": 3500, "GET": 5500, "HEAD": 5500, "LIST": 5500}
"""Writing *or* reading requests a second that S3 takes below one prefix at least, as Amazon documents."""


class Limit(NamedTuple):
    """
    What one of something carries.

    :param what: one of it.
    :param videos: a day that it carries, all of it in use.
    :param remedy: what to do beyond that.
    """

    what: str
    videos: float
    remedy: str


def per_day(there: float, cost: float) -> float:
    """Return how many videos a day something carries, infinitely many where one takes nothing of it."""
    return DAY * there / cost if cost else math.inf


def limits(demand: Demand, units: Units) -> list[Limit]:
    """
    Return what one of each carries, the scarcest first.

    :param demand: how the videos are made; its number does not count.
    :param units: the measured costs.
    """
    filled = filling(demand, units)

    def a_core(component: str, cores: int = 1) -> float:
        return per_day(cores, each(f"cpu.{component}", demand, units, filled))

    batch = demand.kind == BATCH
    poll = units["crowd.poll_cpu" if batch else "loop.poll_cpu"] * polls_per_job(demand, units)
    prefix = sum(each(f"s3.{method}", demand, units, filled) / most for method, most in S3_A_SECOND.items())
    found = [
        Limit(
            f"account whose plan allows {demand.plan_limit} jobs",
            DAY * demand.plan_limit * filled.use / demand.seconds,
            "a larger plan, or more accounts: a connection, a pool and Dag runs for each",
        ),
        Limit(
            f"machine of workers with {CORES} cores",
            a_core("tasks", CORES),
            "more workers" if batch else "batches instead of mapped tasks, then more workers",
        ),
        Limit(
            "scheduler, which uses one core",
            a_core("scheduler"),
            "a larger plan, with which a batch starts less often; more schedulers"
            if batch
            else "batches instead of mapped tasks; more schedulers",
        ),
        Limit("process of the API servers", a_core("api_server"), "more API servers, and [api] workers"),
        Limit(
            f"database with {CORES} cores",
            a_core("database", CORES),
            "several Airflows, each with its accounts"
            if batch
            else "batches instead of mapped tasks; several Airflows, each with its accounts",
        ),
        Limit(
            "network link of 1 Gbit/s, in and out",
            DAY * GIGABIT / (demand.megabytes * 8e6),
            "workers on several machines, close to the object store",
        ),
        Limit("prefix of S3", per_day(1, prefix), "an output folder below another prefix for each batch"),
    ]
    if poll:
        found.append(Limit("event loop of a triggerer", DAY / poll, "more triggerers"))
    if not batch:
        held = demand.seconds / filled.use
        found.append(
            Limit(
                f"triggerer of capacity {demand.capacity:,}",
                DAY * demand.capacity / held,
                "batches, which are one trigger each; or more triggerers",
            )
        )
    return sorted(found, key=lambda limit: limit.videos)


class Break(NamedTuple):
    """
    A step, and what breaks there that did not break below it.

    :param videos: a day.
    :param broken: what one of does not carry them; the first to break is the first here.
    """

    videos: int
    broken: list[Limit]


def breaks(demand: Demand, units: Units, steps: Sequence[int]) -> list[Break]:
    """
    Return what breaks on the way to each step, if all that broke below was mended.

    :param demand: how the videos are made.
    :param units: the measured costs.
    :param steps: videos a day, ascending.
    """
    found, below = [], 0.0
    for step in steps:
        carried = limits(replace(demand, videos_per_hour=step / 24), units)
        found.append(Break(step, [limit for limit in carried if below < limit.videos <= step]))
        below = step
    return found


def times(limit: Limit, videos: float) -> int:
    """Return how many of something a number of videos a day takes."""
    return math.ceil(videos / limit.videos)
