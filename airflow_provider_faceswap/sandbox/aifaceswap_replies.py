"""aifaceswap.io's replies, literally as its documents show them."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from airflow_provider_faceswap.sandbox.aifaceswap_fields import MULTIPLE
from airflow_provider_faceswap.sandbox.answers import Forms, json_response
from airflow_provider_faceswap.sandbox.jobs import Job

# These two show no `extra_data` in their examples.
PLAIN = ("extract_face", "multi_faceswap")
RATE_LIMIT = "Too many requests"
NO_CREDITS = "Insufficient credits"


def accepted(job: Job, points: int) -> Response:
    """The answer to a submission; the result follows by callback only."""
    return _ok(job, {"points": points, "task_id": job.id})


def extracted(job: Job, points: int) -> Response:
    """The faces of a picture, as corners of boxes."""
    boxes = json.loads(job.rendering.result())
    if job.submission.operation == "extract_face":
        return _ok(job, {"faces": boxes, "points": points})
    return _ok(job, {"pos": boxes})


def _ok(job: Job, data: dict[str, Any]) -> Response:
    extra: dict[str, Any] = {} if job.submission.operation in PLAIN else {"extra_data": {}}
    return json_response({"code": 200, "data": data, **extra, "message": "OK"})


def callback(job: Job, succeeded: bool) -> dict[str, Any]:
    """What the client's own receiver is sent; ``result_image`` carries clips too."""
    return {
        "success": 1 if succeeded else 0,
        "type": 2 if job.submission.operation in MULTIPLE else 1,
        "task_id": job.id,
        "result_image": job.url if succeeded else "",
    }


def error(message: object, code: int, status: int = 200) -> Response:
    """An error of the vendor's: another code, mostly under HTTP 200."""
    return json_response({"code": code, "data": {}, "message": message}, status)


REFUSALS: Forms = {
    "echo": lambda fault: error(fault.message, 400),
    "error": lambda fault: error(fault.message, fault.code, fault.code),
    "error_200": lambda fault: error(fault.message, fault.code),
    "server_error": lambda fault: error("Internal server error", 500, 500),
    "rate_limited": lambda fault: error(RATE_LIMIT, 429, 429),
    "rate_limited_200": lambda fault: error(RATE_LIMIT, 429),
    "queue_full": lambda fault: error("Too many tasks in progress", 429),
    "no_credits": lambda fault: error(NO_CREDITS, 402),
    "unknown_status": lambda fault: error(fault.status, 202),
}
