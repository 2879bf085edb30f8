"""How Segmind's replies are read: pictures, requests, and the headers that go with them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any

from airflow_provider_faceswap.apis.job import Cost, Job, JobState, no_link
from airflow_provider_faceswap.apis.reading import (
    read_id,
    read_meta,
    read_retry_after,
    read_seconds,
    read_urls,
)
from airflow_provider_faceswap.apis.reply import Reply

_RUNNING = ("queued", "processing")
# A key such as request_id or poll_url with a value, or a UUID in the words, at any depth.
_NAMED = re.compile(
    r'"(?:id|(?:request|job|task)_?id|(?:poll|status|response)_?url)": (?!null|""|false|0\b)'
    r"|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}",
    re.IGNORECASE,
)


def is_picture(body: bytes) -> bool:
    """Return whether these are the first bytes of a picture."""
    return body.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")) or body[8:12] == b"WEBP"


def decoded(value: object) -> bytes | None:
    """Return the picture that base64 text holds, if it holds one."""
    if not isinstance(value, str):
        return None
    text = value.split(",", 1)[1] if value.startswith("data:") and "," in value else value
    try:
        picture = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return picture if is_picture(picture) else None


def finished(reply: Reply, picture: bytes, seconds: float | None) -> Job:
    """Return the job of a picture that came with its answer."""
    return Job(
        job_id=read_id(reply.headers.get("x-request-id")) or "",
        state=JobState.SUCCESS,
        content=picture,
        seconds=seconds,
        cost=_cost(reply, {}),
        meta=_meta(reply, {}),
    )


def job_of(job_id: str, reply: Reply, data: dict[str, Any]) -> Job:
    """Return a queued request as a reply describes it."""
    status = str(data.get("status")).strip().lower()
    images = data.get("images")
    urls = (
        [item.get("url") for item in images if isinstance(item, dict)] if isinstance(images, list) else None
    )
    output = read_urls(data.get("output"), urls)
    content = None if output else decoded(data.get("output"))
    state = JobState.UNCLEAR
    if status in _RUNNING:
        state = JobState.PROCESSING
    elif status == "failed":
        state = JobState.FAILED
    elif status == "completed":
        state = JobState.SUCCESS if output or content else JobState.NO_RESULT
    metrics = data["metrics"] if isinstance(data.get("metrics"), dict) else {}
    said = reply.one_line(
        next((data[name] for name in ("error", "message", "detail") if data.get(name)), None)
    )
    return Job(
        job_id=job_id,
        state=state,
        output=output if state is JobState.SUCCESS else (),
        content=content if state is JobState.SUCCESS else None,
        message=no_link(said) if state is JobState.NO_RESULT else said,
        seconds=read_seconds(metrics.get("inference_time", data.get("infer_time"))),
        cost=_cost(reply, metrics),
        meta={**read_meta(data, reply.redact), **_meta(reply, metrics)},
        poll_url=next(iter(read_urls(data.get("response_url"))), None),
    )


def names_a_request(reply: Reply, data: dict[str, Any]) -> bool:
    """Return whether an error names a request anywhere: then Segmind may have taken the job."""
    return bool(_NAMED.search(json.dumps(data))) or "x-request-id" in reply.headers


def _cost(reply: Reply, metrics: dict[str, Any]) -> Cost | None:
    amount = read_seconds(reply.headers.get("x-cost", metrics.get("cost")))
    return None if amount is None else Cost(amount=amount)


def _meta(reply: Reply, metrics: dict[str, Any]) -> dict[str, str | int | float | bool]:
    left = read_seconds(reply.headers.get("x-remaining-credits", metrics.get("remaining_credits")))
    return {} if left is None else {"remaining_credits": left}


def wait_of(reply: Reply) -> float | None:
    """Return the seconds to wait: Segmind gives a moment, and no Retry-After."""
    moment, sent = reply.headers.get("x-rate-limit-reset-at-utc"), reply.headers.get("date")
    if moment is None:
        return read_retry_after(reply.headers)
    try:
        until = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return read_retry_after({"retry-after": moment, "date": sent or ""})
    stamp = f"{until:%a, %d %b %Y %H:%M:%S} GMT"
    return read_retry_after({"retry-after": stamp, "date": sent or ""})
