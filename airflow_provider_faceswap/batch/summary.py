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
    items: Sequence[Item],
    rules: Rules,
    *,
    cost: dict[str, Any] | None,
    manifest: str,
    seconds: float,
    stopped: str,
) -> dict[str, Any]:
    """
    Describe a batch for the next task.

    :param items: those of the list.
    :param rules: of the task.
    :param cost: what it has bought.
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
        "cost": cost,
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
