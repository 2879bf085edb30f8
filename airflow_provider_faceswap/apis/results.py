"""What operators and sensors return: one shape for all vendors, always JSON and small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from airflow_provider_faceswap.apis.job import Cost, Job
from airflow_provider_faceswap.apis.reading import MAX_URLS

Url = Annotated[str, Field(max_length=8192)]


class _Recorded(BaseModel):
    """A result that was written down, as strict as what is made here."""

    model_config = ConfigDict(extra="forbid", strict=True)

    provider: str = Field(max_length=64)
    operation: str = Field(max_length=64)
    job_id: str | None = Field(default=None, max_length=128)
    status: str | None = Field(default=None, max_length=32)
    output: list[Url] = Field(default=[], max_length=MAX_URLS)
    stored: list[Url] = Field(default=[], max_length=MAX_URLS)
    seconds: float | None = None
    cost: Cost | None = None
    submitted_at: str | None = Field(default=None, max_length=64)
    eta: float | None = None
    meta: dict[str, str | int | float | bool] = Field(default={}, max_length=16)
    files: list[dict[str, str | int]] = Field(default=[], max_length=MAX_URLS)
    faces: list[list[int]] = Field(default=[], max_length=1_000_000)


def check_result(value: Any) -> Any:
    """
    Return a recorded result as it is.

    :param value: what a journal holds; None is fine.
    :raises ValueError: if no task of this provider returned it.
    """
    if value is not None:
        try:
            _Recorded.model_validate(value)
        except ValidationError:
            raise ValueError("not a result of this provider") from None
    return value


def without_signatures(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result as it may be recorded: with its links only if none of them has a query."""
    links = result.get("output") or []
    signed = any(urlsplit(link).query or "@" in urlsplit(link).netloc for link in links)
    return {**result, "output": []} if signed else result


def as_result(
    provider: str,
    operation: str,
    job: Job,
    *,
    submitted_at: float | None,
    eta: float | None = None,
    files: Sequence[Mapping[str, Any]] = (),
    cost: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Describe a job for the next task.

    :param provider: the vendor's connection type.
    :param operation: the vendor's name of the operation, or ``fetch`` where a sensor does not know it.
    :param job: as the last reply describes it.
    :param submitted_at: seconds since the epoch, if known.
    :param eta: seconds from submission to its end, as the vendor expected at first.
    :param files: ``url, bytes, sha256, format`` of each stored file.
    :param cost: what the submission's answer said it took, where the job itself does not say.
    """
    return {
        "provider": provider,
        "operation": operation,
        "job_id": job.job_id or None,
        "status": job.state.value,
        "output": list(job.output),
        "stored": [file["url"] for file in files],
        "seconds": job.seconds,
        "cost": job.cost.model_dump() if job.cost else cost,
        "submitted_at": iso(submitted_at),
        "eta": job.eta if eta is None else eta,
        "meta": job.meta,
        "files": [dict(file) for file in files],
    }


def as_faces(provider: str, operation: str, job: Job) -> dict[str, Any]:
    """
    Describe an extraction for the next task.

    :param job: with the boxes, ``(x1, y1, x2, y2)`` in pixels.
    """
    return {
        "provider": provider,
        "operation": operation,
        "faces": [list(box) for box in job.faces or ()],
        "cost": job.cost.model_dump() if job.cost else None,
    }


def iso(seconds: float | None) -> str | None:
    """Return seconds since the epoch as an ISO 8601 text in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat(timespec="milliseconds")
