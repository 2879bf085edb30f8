"""What operators and sensors return: one shape for all vendors, always JSON and small."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_faceswap.apis.job import Job


def as_result(
    provider: str,
    operation: str,
    job: Job,
    *,
    submitted_at: float | None,
    eta: float | None = None,
    stored: list[str] | None = None,
    cost: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Describe a job for the next task.

    :param provider: the vendor's connection type.
    :param operation: the vendor's name of the operation, or ``fetch`` where a sensor does not know it.
    :param job: as the last reply describes it.
    :param submitted_at: seconds since the epoch, if known.
    :param eta: seconds from submission to its end, as the vendor expected at first.
    :param stored: full URLs of the stored files.
    :param cost: what the submission's answer said it took, where the job itself does not say.
    """
    return {
        "provider": provider,
        "operation": operation,
        "job_id": job.job_id,
        "status": job.state.value,
        "output": list(job.output),
        "stored": stored or [],
        "seconds": job.seconds,
        "cost": job.cost.model_dump() if job.cost else cost,
        "submitted_at": iso(submitted_at),
        "eta": job.eta if eta is None else eta,
        "meta": job.meta,
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
