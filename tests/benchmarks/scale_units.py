"""Unit costs that are easy to compute with."""

from __future__ import annotations

from benchmarks.scale.units import COMPONENTS, REQUESTS, Unit, Units

MADE_UP = "made up"


def made_up(**more: float) -> Units:
    """
    Return unit costs of round numbers.

    :param more: with ``__`` for a dot.
    """
    known = {
        "crowd.late": 0.0, "crowd.polls": 3.0, "crowd.poll_cpu": 0.001, "crowd.job_bytes": 1000.0,
        "loop.poll_cpu": 0.002, "loop.trigger_bytes": 10_000.0,
        "batch.turn": 6.0, "mapped.slot_seconds.video": 10.0, "batch.slot_seconds.start": 4.0,
        "idle.rows": 5.0, "run.rows.second": 2.0,
        "mapped.rows.video": 40.0, "batch.rows.video": 1.0, "batch.rows.start": 20.0,
        "mapped.wal_bytes.video": 1e4, "batch.wal_bytes.video": 1e3,
    }  # fmt: skip
    for kind, cost in (("mapped", 0.1), ("batch", 0.01)):
        known |= {f"{kind}.cpu.{name}.video": cost for name in COMPONENTS}
        known |= {f"{kind}.s3.{method}.video": 1.0 for method in REQUESTS}
    known |= {name.replace("__", "."): value for name, value in more.items()}
    return Units({name: Unit(value, MADE_UP) for name, value in known.items()})
