"""The jobs that a trigger watches for a batch, and what its event says of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.item import Item
from airflow_provider_faceswap.batch.manifest import SHOW_AT_ONCE
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


@dataclass(frozen=True)
class Seen:
    """
    What a trigger saw.

    :param ended: the keys of the items whose jobs have ended; None if that is not known.
    :param unknown: whether it was told of some, for a minute, that the vendor does not know them.
    """

    ended: Collection[str] | None = None
    unknown: bool = False


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


def see(place: Place, event: Any, items: Iterable[Item]) -> Seen:
    """
    Return what a trigger saw of the jobs that :func:`write_jobs` wrote.

    :param place: the batch's own folder.
    :param event: whatever the triggerer handed over.
    :param items: by the manifest.
    :raises NotSentError: if the manifest does not show all of these jobs.
    """
    size = place.size(JOBS)
    jobs = [json.loads(line) for line in place.read(JOBS, size).splitlines()] if size else []
    _check_known(jobs, items)
    if not jobs or not isinstance(event, dict) or event.get("problem"):
        return Seen()
    lines, counts = ended_lines(event, len(jobs)), event.get("counts")
    ended = None if lines is None else {str(jobs[line]["key"]) for line in lines}
    return Seen(ended, isinstance(counts, dict) and bool(counts.get(JobState.UNKNOWN.value)))


def _check_known(jobs: Sequence[Mapping[str, Any]], items: Iterable[Item]) -> None:
    # A folder that shows new files late may hide parts of the manifest: their items would be bought again.
    watched = {job["key"]: job.get("job_id") or job.get("nonce", "") for job in jobs}
    records = {item.key: item.record for item in items if item.key in watched}
    known = {key: record.entry.job_id or record.entry.nonce for key, record in records.items() if record}
    missing = [key for key, name in watched.items() if known.get(key) != name]
    if missing:
        raise NotSentError(
            f"the manifest does not show {len(missing)} of {len(jobs)} running jobs, such as that of item "
            f"{missing[0]}; nothing was sent. {SHOW_AT_ONCE}"
        )
