"""What Airflow's own metrics count of jobs, see ``docs/metrics.md``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.journal.entry import State

if TYPE_CHECKING:
    from airflow_provider_faceswap.journal.entry import Entry

log = logging.getLogger(__name__)


def count(name: str, number: float = 1, *, provider: str, operation: str) -> None:
    """
    Add to a counter of Airflow's metrics; what cannot be counted is a line for debugging, as jobs are paid.

    :param name: after ``faceswap.``.
    :param number: how much; nothing is sent for 0.
    :param provider: the vendor's connection type.
    :param operation: the vendor's name of the operation.
    """
    if not number > 0:
        return
    try:
        from airflow.sdk.observability.stats import Stats

        # Airflow asks for whole numbers and passes on any; a sum of prices has the errors of floats.
        exact = round(number, 6)
        amount: Any = int(exact) if exact == int(exact) else exact
        Stats.incr(f"faceswap.{name}", amount, tags={"provider": provider, "operation": operation})
    except Exception as error:
        log.debug("faceswap.%s is not counted: %s", name, type(error).__name__)


def count_submission(entry: Entry, price: float = 0.0) -> None:
    """
    Count a job that the vendor took, with what it took for it; or a submission in doubt.

    :param entry: the journal's, right after the answer.
    :param price: by the price list, which counts where the vendor did not say.
    """
    if entry.state in (State.INTENT, State.IN_DOUBT):
        _count("in_doubt", entry)
        return
    _count("submitted", entry)
    stated = (entry.cost or {}).get("amount")
    _count("cost", entry, price if stated is None else stated)


def count_success(entry: Entry, result: Mapping[str, Any] | None, price: float = 0.0) -> None:
    """
    Count a result that is kept, and what it took where the vendor says that only now.

    :param entry: the job's.
    :param result: what a task returns for it.
    :param price: that was counted when the job was submitted.
    """
    _count("succeeded", entry)
    cost = (result or {}).get("cost")
    amount = cost.get("amount") if isinstance(cost, dict) else None
    if entry.cost is None and not price and isinstance(amount, (int, float)):
        _count("cost", entry, amount)


def count_failure(entry: Entry) -> None:
    """Count a job that failed for good, or a submission that was refused for good."""
    _count("failed", entry)


def _count(name: str, entry: Entry, number: float = 1) -> None:
    count(name, number, provider=entry.provider, operation=entry.operation)
