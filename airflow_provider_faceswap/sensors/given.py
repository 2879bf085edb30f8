"""What a sensor is given about a job: its id, or its submitter's whole result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pendulum

from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.apis.reading import one_line, read_id, read_seconds
from airflow_provider_faceswap.apis.results import read_origin
from airflow_provider_faceswap.exceptions import InputError

_READ = ("job_id", "provider", "operation", "submitted_at", "eta", "inputs")
FETCH = "fetch"
"""The operation of a job of which nothing but the id is known."""


@dataclass(frozen=True)
class Given:
    """
    A job as the user describes it.

    :param job_id: the vendor's id.
    :param submitted_at: seconds since the epoch, if known.
    :param eta: seconds from submission to its end, if known.
    :param operation: what was bought, as its submitter's result says.
    :param inputs: the media that it was made from, as its submitter's result says.
    """

    job_id: str
    submitted_at: float | None
    eta: float | None
    operation: str = FETCH
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, job_id: Any, submitted_at: Any, eta: Any) -> Given:
        """
        Read a sensor's arguments.

        :param job_id: the id, or the submitter's result, whose times count where no others are given.
        :raises InputError: naming the argument and the remedy.
        """
        result: Mapping[str, Any] = job_id if isinstance(job_id, Mapping) else {"job_id": job_id}
        if is_blank(result.get("job_id")):
            raise InputError("job_id", "is required; check that its template renders to the submitter's id")
        found = read_id(result["job_id"])
        if found is None:
            raise InputError("job_id", "must be the vendor's id, of letters, digits, '_' and '-'")
        return cls(
            job_id=found,
            submitted_at=_epoch(submitted_at or result.get("submitted_at")),
            eta=read_seconds(result.get("eta") if eta is None else eta),
            **read_origin(result),
        )


def shown_of(job_id: Any) -> Any:
    """
    Return what a sensor was given without the vendor's links: Airflow shows rendered fields.

    :param job_id: an id, a submitter's result, or what is not rendered yet.
    """
    if isinstance(job_id, Mapping):
        return {name: job_id[name] for name in _READ if name in job_id}
    if isinstance(job_id, str) and "://" in job_id and "{{" not in job_id:
        return one_line(job_id)  # a result that a template made text of
    return job_id


def _epoch(value: Any) -> float | None:
    if is_blank(value):
        return None
    try:
        moment = pendulum.parse(str(value))
    except ValueError:
        moment = None
    if not isinstance(moment, pendulum.DateTime):
        raise InputError("submitted_at", "must be an ISO 8601 time, as in the submitter's result")
    return moment.timestamp()
