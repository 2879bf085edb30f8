"""The jobs that a trigger watches for a batch, and what its event says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.item import Item
from airflow_provider_faceswap.exceptions import NotSentError
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


def watched_jobs(place: Place) -> list[dict[str, Any]]:
    """Return what :func:`write_jobs` wrote, in its order; nothing if it is gone."""
    size = place.size(JOBS)
    return [json.loads(line) for line in place.read(JOBS, size).splitlines()] if size else []


def check_known(jobs: Sequence[Mapping[str, Any]], items: Iterable[Item]) -> None:
    """
    Check that the manifest knows the jobs that were watched: a store may list its parts incompletely.

    :param jobs: of :func:`watched_jobs`.
    :param items: by the manifest.
    :raises NotSentError: if it does not, as their items would be bought again.
    """
    watched = {job["key"]: job.get("job_id", "") for job in jobs}
    records = {item.key: item.record for item in items if item.key in watched}
    known = {key: record.entry.job_id for key, record in records.items() if record}
    missing = [job_id for key, job_id in watched.items() if known.get(key) != job_id]
    if missing:
        raise NotSentError(
            f"the folder does not list the parts of its manifest that know {len(missing)} of {len(jobs)} "
            f"jobs, such as {missing[0] or 'one in doubt'}; the store must list what was just "
            "written; a retry or a clear goes by the task's journal"
        )


def told_unknown(event: Any) -> bool:
    """Return whether a trigger was told, for a minute, that the vendor does not know some of the jobs."""
    counts = event.get("counts") if isinstance(event, dict) else None
    return isinstance(counts, dict) and bool(counts.get(JobState.UNKNOWN.value))


def ended_keys(jobs: Sequence[Mapping[str, Any]], event: Any) -> set[str] | None:
    """
    Return the keys of the items whose jobs a trigger saw end; None if that is not known.

    :param jobs: of :func:`watched_jobs`.
    :param event: whatever the triggerer handed over.
    """
    if not jobs or not isinstance(event, dict) or event.get("problem"):
        return None
    lines = ended_lines(event, len(jobs))
    return None if lines is None else {str(jobs[line]["key"]) for line in lines}
