"""Segmind's replies, as its documents show and describe them."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

from starlette.responses import HTMLResponse, Response

from airflow_provider_faceswap.sandbox.faults.injection import Wordings
from airflow_provider_faceswap.sandbox.http.responses import json_response
from airflow_provider_faceswap.sandbox.jobs.job import Job

ID_PATH = ("request_id",)
NOT_ALLOWED = (
    "<html><head><title>405 Not Allowed</title></head><body><h1>405 Not Allowed</h1></body></html>\n"
)


def picture_in_json(content: bytes, seconds: float) -> Response:
    """Answer a finished v1 call with ``base64``."""
    return json_response(
        {"status": "Success", "image": base64.b64encode(content).decode(), "infer_time": seconds}
    )


def queued(job: Job) -> Response:
    """Answer a v2 submission, whatever it asked for."""
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
    """Answer for a v2 job that has not ended: the first poll finds it in the queue."""
    return json_response({"request_id": job.id, "status": "QUEUED" if job.reads <= 1 else "PROCESSING"})


def failed(job: Job) -> Response:
    """Answer for a v2 job that failed: HTTP 422, and nothing is charged."""
    body = {"request_id": job.id, "status": "FAILED", "error": job.error, "metrics": _timing(job)}
    return json_response(body, 422)


def completed(job: Job, result: dict[str, Any], credits_left: float) -> Response:
    """Answer for a v2 job that succeeded; ``result`` is empty if only the state was asked for."""
    metrics = {"cost": job.submission.context["cost"], "remaining_credits": credits_left}
    return json_response(
        {"request_id": job.id, "status": "COMPLETED", **result, "metrics": metrics | _timing(job)}
    )


def result(job: Job, form: str) -> dict[str, Any]:
    """Return the part of a v2 result that holds the picture."""
    if form == "images":
        return {"images": [{"url": job.url}]}
    if form == "text":
        return {"output": base64.b64encode(job.rendering.result()).decode()}
    return {"output": [job.url] if form == "list" else job.url}


def _timing(job: Job) -> dict[str, float]:
    return {"inference_time": job.seconds, "queue_time": 0.0, "total_time": job.seconds}


def user_credits(left: float) -> Response:
    """Answer with the credits of the account."""
    return json_response({"credits": left})


def error(message: object, status: int) -> Response:
    """Answer with an error of the vendor's; a wrong method is answered by a server in front of it."""
    if status == 405:
        return HTMLResponse(NOT_ALLOWED, 405)
    return json_response({"error": message}, status)


def wrong_path(status: int) -> Response:
    """Answer a path (404) or a method (405) that the vendor does not have."""
    return error("Not found", status)


def refusal(reason: str, detail: str = "") -> Response:
    """Answer a request that is not accepted."""
    if reason == "queue_full":
        return rate_limited(5)
    if reason == "no_credits":
        return error(f"Insufficient credits: {detail}", 406)
    if reason == "bad_content_type":
        return error("Invalid content type", 406)
    if reason == "bad_json":
        return error("Invalid JSON in request body", 400)
    return error(detail, 401 if reason == "bad_key" else 400)


def rate_limited(retry_after: float | None) -> Response:
    """Answer too many requests: the time to come back is in a header of the vendor's own."""
    response = error("Rate limit exceeded", 429)
    if retry_after is not None:
        reset = datetime.now(timezone.utc) + timedelta(seconds=retry_after)
        response.headers["x-rate-limit-reset-at-utc"] = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
    return response


FAULTS: Wordings = {
    "echo": lambda fault: error(fault.message, 400),
    "error": lambda fault: error(fault.message, fault.code),
    "error_200": lambda fault: error(fault.message, 200),
    "server_error": lambda fault: error("Internal server error", 500),
    "rate_limited": lambda fault: rate_limited(fault.retry_after),
    "rate_limited_200": lambda fault: error("Rate limit exceeded", 200),
    "queue_full": lambda fault: rate_limited(fault.retry_after),
    "no_credits": lambda fault: error("Insufficient credits", 406),
}
