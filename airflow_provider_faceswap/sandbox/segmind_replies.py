"""Segmind's replies, as its documents show and tell them."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

from starlette.responses import HTMLResponse, Response

from airflow_provider_faceswap.sandbox.answers import Forms, json_response
from airflow_provider_faceswap.sandbox.jobs import Job

NOT_ALLOWED = (
    "<html><head><title>405 Not Allowed</title></head><body><h1>405 Not Allowed</h1></body></html>\n"
)


def picture(content: bytes, media_type: str) -> Response:
    """A finished v1 call: the picture itself."""
    return Response(content, media_type=media_type)


def picture_in_json(content: bytes, seconds: float) -> Response:
    """A finished v1 call with ``base64``."""
    return json_response(
        {"status": "Success", "image": base64.b64encode(content).decode(), "infer_time": seconds}
    )


def queued(job: Job) -> Response:
    """The answer to a v2 submission, whatever it asked for."""
    request = f"{job.submission.origin}/v2/requests/{job.id}"
    return json_response(
        {
            "request_id": job.id,
            "status": "QUEUED",
            "poll_url": f"{request}/status",
            "status_url": f"{request}/status",
            "response_url": request,
        }
    )


def running(job: Job) -> Response:
    """A v2 job that has not ended: the first look finds it in the queue."""
    return json_response({"request_id": job.id, "status": "QUEUED" if job.reads <= 1 else "PROCESSING"})


def failed(job: Job) -> Response:
    """A v2 job that failed: HTTP 422, and nothing is charged."""
    body = {"request_id": job.id, "status": "FAILED", "error": job.error, "metrics": _timing(job)}
    return json_response(body, 422)


def completed(job: Job, result: dict[str, Any], credits_left: float) -> Response:
    """A v2 job that has ended well; ``result`` is empty where only the state was asked."""
    metrics = {"cost": job.submission.context["cost"], "remaining_credits": credits_left}
    return json_response(
        {"request_id": job.id, "status": "COMPLETED", **result, "metrics": metrics | _timing(job)}
    )


def result(job: Job, form: str) -> dict[str, Any]:
    """The part of a v2 result that holds the picture."""
    if form == "images":
        return {"images": [{"url": job.url}]}
    if form == "text":
        return {"output": base64.b64encode(job.rendering.result()).decode()}
    return {"output": [job.url] if form == "list" else job.url}


def _timing(job: Job) -> dict[str, float]:
    return {"inference_time": job.seconds, "queue_time": 0.0, "total_time": job.seconds}


def user_credits(left: float) -> Response:
    """What the account holds."""
    return json_response({"credits": left})


def error(message: object, status: int) -> Response:
    """An error of the vendor's; a wrong method is answered by something in front of it."""
    if status == 405:
        return HTMLResponse(NOT_ALLOWED, 405)
    return json_response({"error": message}, status)


def no_credits(left: float, price: float) -> Response:
    """The account holds less than the call costs."""
    return error(f"Insufficient credits: {left} left, {price} needed", 406)


def rate_limited(retry_after: float | None) -> Response:
    """Too many requests: the time of the end in a header of the vendor's own, and no ``Retry-After``."""
    response = error("Rate limit exceeded", 429)
    if retry_after is not None:
        reset = datetime.now(timezone.utc) + timedelta(seconds=retry_after)
        response.headers["x-rate-limit-reset-at-utc"] = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
    return response


REFUSALS: Forms = {
    "echo": lambda fault: error(fault.message, 400),
    "error": lambda fault: error(fault.message, fault.code),
    "error_200": lambda fault: error(fault.message, 200),
    "server_error": lambda fault: error("Internal server error", 500),
    "rate_limited": lambda fault: rate_limited(fault.retry_after),
    "rate_limited_200": lambda fault: error("Rate limit exceeded", 200),
    "queue_full": lambda fault: rate_limited(fault.retry_after),
    "no_credits": lambda fault: error("Insufficient credits", 406),
}
