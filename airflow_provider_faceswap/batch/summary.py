"""What a batch returns: counts and figures, never its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from airflow_provider_faceswap.batch.item import Item, Rules
from airflow_provider_faceswap.batch.record import Status

MAX_FAILURES = 10
"""Failures that a summary names."""


def summarize(
    items: Sequence[Item], rules: Rules, *, manifest: str, seconds: float, stopped: str
) -> dict[str, Any]:
    """
    Describe a batch for the next task.

    :param items: those of the list.
    :param rules: whose purchases count as this task's.
    :param manifest: its URL.
    :param seconds: since the task first started.
    :param stopped: why not all items were submitted.
    """
    outcomes = [(item, rules.outcome(item)) for item in items]
    counts = Counter(outcome for _, outcome in outcomes)
    bad = (found for found in outcomes if found[1] not in (Status.SUCCESS, Status.NOT_SENT))
    return {
        "total": len(items),
        "succeeded": counts[Status.SUCCESS],
        "reused": sum(item.reused and outcome is Status.SUCCESS for item, outcome in outcomes),
        "failed": counts[Status.FAILED],
        "in_doubt": counts[Status.IN_DOUBT],
        "unfinished": counts[Status.UNFINISHED],
        "not_sent": counts[Status.NOT_SENT],
        "cost": cost_of(items, rules),
        "seconds": round(seconds, 1),
        "manifest": manifest,
        "failures": [
            {
                "index": item.row.index,
                "status": outcome.value,
                "job_id": item.known().entry.job_id or None,
                "error": item.known().error or item.problem,
            }
            for (item, outcome), _ in zip(bad, range(MAX_FAILURES), strict=False)
        ],
        "stopped": (stopped or None) if counts[Status.NOT_SENT] else None,
    }


def cost_of(items: Sequence[Item], rules: Rules) -> dict[str, Any] | None:
    """Return what a task has bought, in all of its tries; None if no vendor said."""
    paid = sum(item.paid_by(rules) for item in items)
    units = {item.cost.get("unit") for item in items if rules.same_task(item.by)} - {None}
    if not paid and not units:
        return None
    return {"amount": paid, "unit": units.pop() if units else "credits"}
