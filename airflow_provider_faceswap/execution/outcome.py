"""What an attempt came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.exceptions import RefusedForNowError
from airflow_provider_faceswap.journal.entry import Entry


@dataclass(frozen=True)
class Done:
    """
    The task has its result.

    :param result: what the task returns.
    """

    result: dict[str, Any]


@dataclass(frozen=True)
class Wait:
    """
    The job is to be waited for without a worker.

    :param ticket: of the job.
    """

    ticket: Ticket


@dataclass(frozen=True)
class Refused:
    """
    The vendor refused the submission for now: it is to be made again after a pause.

    :param error: the refusal.
    :param before: the entry whose counts the next submission goes on with.
    """

    error: RefusedForNowError
    before: Entry


Outcome = Done | Wait | Refused


def described_task(ti: Any) -> dict[str, Any]:
    """Return what is kept beside a stored file of the task that stored it."""
    return {name: getattr(ti, name) for name in ("dag_id", "run_id", "task_id", "map_index", "try_number")}
