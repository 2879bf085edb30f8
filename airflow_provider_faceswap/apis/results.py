"""What operators and sensors return: one shape for all vendors, always JSON and small."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from airflow_provider_faceswap.apis.fields import is_url
from airflow_provider_faceswap.apis.job import Cost, Job
from airflow_provider_faceswap.apis.reading import MAX_PIXEL, MAX_URLS


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("control characters")
    return text


def _unsigned(link: str) -> str:
    if not is_url(link) or _may_be_signed(link):
        raise ValueError("not an http(s) URL without a query")
    return link


def _without_query(text: str) -> str:
    is_link, is_local = text[:4].lower() == "http", text.startswith("file:")
    if (is_link and _may_be_signed(text)) or ("?" in text and not is_local):
        raise ValueError("a URL with a query")
    return _printable(text)


def _may_be_signed(link: str) -> bool:
    parts = urlsplit(link)
    return bool(parts.query) or "@" in parts.netloc


Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_/.-]{0,64}$")]
Line = Annotated[str, Field(max_length=300), AfterValidator(_printable)]
Number = Annotated[float, Field(allow_inf_nan=False, gt=-(2.0**63), lt=2.0**63)]
Whole = Annotated[int, Field(gt=-(2**63), lt=2**63)]
Link = Annotated[str, AfterValidator(_unsigned)]
Medium = Annotated[str, Field(max_length=8192), AfterValidator(_without_query)]
Made = dict[Word, Medium | list[Medium | dict[Word, Medium]]]
"""Media that a job was made from, by the names of fields: URLs without a query, paths, digests of content."""
Pixel = Annotated[int, Field(ge=-MAX_PIXEL, le=MAX_PIXEL)]


class _Origin(BaseModel):
    model_config = ConfigDict(strict=True, defer_build=True)

    operation: Word
    inputs: Made = Field(default={}, max_length=MAX_URLS)


class _RecordedCost(Cost):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class _Recorded(BaseModel):
    """A result that was written down, as strict as what is made here."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)

    provider: Word
    operation: Word
    job_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,128}$")] | None = None
    status: Word | None = None
    output: list[Link] = Field(default=[], max_length=MAX_URLS)
    stored: list[str] = Field(default=[], max_length=MAX_URLS)
    seconds: Number | None = None
    cost: _RecordedCost | None = None
    submitted_at: Line | None = None
    eta: Number | None = None
    meta: dict[Word, Line | Whole | Number | bool] = Field(default={}, max_length=16)
    inputs: Made = Field(default={}, max_length=MAX_URLS)
    files: list[dict[str, str | Whole]] = Field(default=[], max_length=MAX_URLS)
    faces: list[Annotated[list[Pixel], Field(min_length=4, max_length=4)]] | None = Field(
        default=None, max_length=1_000_000
    )

    @model_validator(mode="after")
    def _one_story(self) -> _Recorded:
        # What is stored is looked for before it is returned; nothing else may be named beside it.
        if self.stored != [file.get("url") for file in self.files]:
            raise ValueError("stored and files differ")
        if self.faces is not None and (self.output or self.files):
            raise ValueError("an extraction has no files")
        return self


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


def read_origin(result: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the ``operation`` and the ``inputs`` of a submitter's result, as far as they can be believed.

    :param result: as a user passed it on.
    """
    try:
        found = _Origin.model_validate(dict(result))
    except ValidationError:
        return {}
    return found.model_dump(exclude_unset=True)


def without_inputs(links: Sequence[str], inputs: Any) -> list[str]:
    """
    Return a vendor's links; those that lead to an input of ours without their query, as it is our signature.

    :param links: a job's output; a vendor may give an input back, changed or not.
    :param inputs: the media that the job was made from, as its result names them.
    """
    if isinstance(inputs, str):
        return [re.split("[?#]", link)[0] if _leads_to(link, inputs) else link for link in links]
    for medium in inputs.values() if isinstance(inputs, Mapping) else inputs:
        links = without_inputs(links, medium)
    return list(links)


def _leads_to(link: str, medium: str) -> bool:
    place, _, key = medium.partition("://")[2].partition("/")
    bucket = re.escape(place.rpartition("@")[2])
    if not bucket or not key:
        return False
    where = rf"(?://(?:[^/@]*@)?{bucket}(?:\.[^/]*)?|/{bucket})/+{re.escape(key)}(?:[?#&;]|$)"
    # As texts: a vendor may quote a URL again, or give it within another one.
    spellings = (link, unquote(link), unquote(unquote(link)))
    return any(re.search(where, text, re.IGNORECASE) for text in spellings)


def without_signatures(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result as it may be recorded: with its links only if none of them has a query."""
    signed = any(map(_may_be_signed, result.get("output") or []))
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
    inputs: Mapping[str, Any] | None = None,
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
    :param inputs: the media that it was made from.
    """
    return {
        "provider": provider,
        "operation": operation,
        "job_id": job.job_id or None,
        "status": job.state.value,
        "output": without_inputs(job.output, inputs or {}),
        "stored": [file["url"] for file in files],
        "seconds": job.seconds,
        "cost": job.cost.model_dump() if job.cost else cost,
        "submitted_at": iso(submitted_at),
        "eta": job.eta if eta is None else eta,
        "meta": job.meta,
        "inputs": dict(inputs or {}),
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
