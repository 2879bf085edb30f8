"""What a demand needs, as lines for a terminal and as columns of a page."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.scale.demand import BATCH, Demand
from benchmarks.scale.model import Needs

Show = Callable[[Needs, Demand], str]


def amount(value: float) -> str:
    """Return a number with as many digits as are worth it."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def seconds(value: float) -> str:
    """Return a duration."""
    if value == float("inf"):
        return "without end"
    if value < 0.1:
        return "0 s"
    return f"{amount(value)} s" if value < 600 else f"{amount(value / 60)} min"


def _cores(needs: Needs, _: Demand) -> str:
    return amount(sum(needs.cores.values()))


def _of(component: str) -> Show:
    return lambda needs, _: amount(needs.cores[component])


def _s3(needs: Needs, _: Demand) -> str:
    return ", ".join(f"{amount(number)} {method}" for method, number in needs.s3.items() if number >= 0.0005)


def _pools(needs: Needs, demand: Demand) -> str:
    return f"{amount(needs.accounts)} of {demand.plan_limit}"


LINES: dict[str, Show] = {
    "videos a second": lambda needs, demand: amount(demand.rate),
    "jobs in flight (rate x duration)": lambda needs, _: amount(needs.in_flight),
    "share of the plan's limit in use at most": lambda needs, _: f"{needs.use:.0%}",
    "accounts": lambda needs, _: amount(needs.accounts),
    "wait for a free place, mean": lambda needs, _: seconds(needs.wait),
    "pools, and slots of each": _pools,
    "requests a second to one account": lambda needs, _: amount(needs.requests),
    "polls a second": lambda needs, _: amount(needs.polls),
    "triggers at a time": lambda needs, _: amount(needs.triggers),
    "cores of the triggerers' event loops": lambda needs, _: amount(needs.loop),
    "triggerers, one of which may die": lambda needs, _: amount(needs.triggerers),
    "sockets of a triggerer at most": lambda needs, _: amount(needs.sockets),
    "memory of all triggers, MB": lambda needs, _: amount(needs.memory / 1e6),
    "task starts a second": lambda needs, _: amount(needs.starts),
    "busy worker slots": lambda needs, _: amount(needs.slots),
    "the same if slots were held while jobs run": lambda needs, _: amount(needs.held_slots),
    "busy cores, all of Airflow": _cores,
    "of which tasks": _of("tasks"),
    "of which API servers": _of("api_server"),
    "of which schedulers": _of("scheduler"),
    "of which the database": _of("database"),
    "Dag runs at a time, at least": lambda needs, _: amount(needs.runs),
    "rows that the database writes a second": lambda needs, _: amount(needs.rows),
    "log that it writes, MB a second": lambda needs, _: amount(needs.wal / 1e6),
    "requests a second to the object store": _s3,
    "Mbit/s from the vendors, and into the store": lambda needs, _: amount(needs.bits / 1e6),
}


def lines(needs: Needs, demand: Demand) -> list[tuple[str, str]]:
    """Return a demand's needs: what, and how much."""
    return [(what, show(needs, demand)) for what, show in LINES.items()]


def title(demand: Demand) -> str:
    """Name the kind of task."""
    return "batch" if demand.kind == BATCH else "mapped"
