"""aifaceswap.io's replies, literally as its documents show them."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from airflow_provider_faceswap.sandbox.aifaceswap.fields import MULTIPLE
from airflow_provider_faceswap.sandbox.faults.injection import Wordings
from airflow_provider_faceswap.sandbox.http.responses import json_response
from airflow_provider_faceswap.sandbox.jobs.job import Job

ID_PATH = ("data", "task_id")
# The documents of these two show no `extra_data`.
PLAIN = ("extract_face", "multi_faceswap")
RATE_LIMIT = "Too many requests"
NO_CREDITS = "Insufficient credits"
QUEUE_FULL = "Too many tasks in progress"


def accepted(job: Job, points: int) -> Response:
    """Answer a submission; the result follows by callback only."""
    return _ok(job, {"points": points, "task_id": job.id})


def extracted(job: Job, points: int) -> Response:
    """Answer with the faces of a picture, as corners of boxes."""
    boxes = json.loads(job.rendering.result())
    if job.submission.operation == "extract_face":
        return _ok(job, {"faces": boxes, "points": points})
    return _ok(job, {"pos": boxes})


def _ok(job: Job, data: dict[str, Any]) -> Response:
    extra: dict[str, Any] = {} if job.submission.operation in PLAIN else {"extra_data": {}}
    return json_response({"code": 200, "data": data, **extra, "message": "OK"})


def callback(job: Job, succeeded: bool) -> dict[str, Any]:
    """Return what the client's own receiver gets; ``result_image`` is for clips, too."""
    return {
        "success": 1 if succeeded else 0,
        "type": 2 if job.submission.operation in MULTIPLE else 1,
        "task_id": job.id,
        "result_image": job.url if succeeded else "",
    }


def error(message: object, code: int, status: int = 200) -> Response:
    """Answer with an error of the vendor's: another code, mostly under HTTP 200."""
    return json_response({"code": code, "data": {}, "message": message}, status)


def wrong_path(status: int) -> Response:
    """Answer a path (404) or a method (405) that the vendor does not have."""
    return error("Not found" if status == 404 else "Method not allowed", status, status)


def refusal(reason: str, detail: str = "") -> Response:
    """Answer a request that is not accepted."""
    if reason == "bad_key":
        return error("Invalid API key", 401, 401)
    if reason == "no_credits":
        return error(NO_CREDITS, 402)
    if reason == "queue_full":
        return error(QUEUE_FULL, 429)
    return error(detail or "Invalid JSON in request body", 400)


FAULTS: Wordings = {
    "echo": lambda fault: error(fault.message, 400),
    "error": lambda fault: error(fault.message, fault.code, fault.code),
    "error_200": lambda fault: error(fault.message, fault.code),
    "server_error": lambda fault: error("Internal server error", 500, 500),
    "rate_limited": lambda fault: error(RATE_LIMIT, 429, 429),
    "rate_limited_200": lambda fault: error(RATE_LIMIT, 429),
    "queue_full": lambda fault: error(QUEUE_FULL, 429),
    "no_credits": lambda fault: error(NO_CREDITS, 402),
    "unknown_status": lambda fault: error(fault.status, 202),
}
