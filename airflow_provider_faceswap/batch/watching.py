"""The jobs that a trigger watches for a batch, and what its event says of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.item import Item
from airflow_provider_faceswap.storage.places import Place
from airflow_provider_faceswap.triggers.tally import ended_lines

JOBS = "jobs.jsonl"


@dataclass(frozen=True)
class Waiting:
    """
    Jobs are to be waited for.

    :param jobs: how many.
    :param deadline: of the last of them, in seconds since the epoch.
    :param wake: how many of them must have ended before it is worth coming back.
    """

    jobs: int
    deadline: float
    wake: int


def write_jobs(place: Place, items: Sequence[Item], deadlines: Sequence[float]) -> None:
    """
    Write which jobs are to be watched.

    :param place: the batch's own folder.
    :param items: whose jobs run.
    :param deadlines: of each, in seconds since the epoch.
    """
    lines = []
    for item, deadline in zip(items, deadlines, strict=True):
        ticket = item.known().entry.ticket()
        known = {
            "key": item.key,
            "job_id": ticket.job_id,
            "submitted_at": ticket.submitted_at,
            "deadline": deadline,
            "eta": ticket.eta,
            "route": ticket.route,
            "nonce": ticket.nonce,
        }
        lines.append(json.dumps({name: value for name, value in known.items() if value}) + "\n")
    place.write(JOBS, "".join(lines).encode())


def told_unknown(event: Any) -> bool:
    """Return whether a trigger was told, for a minute, that the vendor does not know some of the jobs."""
    counts = event.get("counts") if isinstance(event, dict) else None
    return isinstance(counts, dict) and bool(counts.get(JobState.UNKNOWN.value))


def ended_keys(place: Place, event: Any) -> set[str] | None:
    """
    Return the keys of the items whose jobs a trigger saw end; None if that is not known.

    :param place: the batch's own folder.
    :param event: whatever the triggerer handed over.
    """
    if not isinstance(event, dict) or event.get("problem"):
        return None
    size = place.size(JOBS)
    if not size:
        return None
    keys = [json.loads(line)["key"] for line in place.read(JOBS, size).splitlines()]
    lines = ended_lines(event, len(keys))
    return None if lines is None else {keys[line] for line in lines}
