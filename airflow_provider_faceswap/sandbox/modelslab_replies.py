"""ModelsLab's replies, literally as its documents show them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from airflow_provider_faceswap.sandbox.answers import json_response
from airflow_provider_faceswap.sandbox.jobs import Job

TIP = (
    "Get 20x faster image generation using enterprise plan. Click here : http://sdapi_backend.test/enterprise"
)
RUNNING = {"status": "processing", "message": "try again later.", "output": ""}
UNKNOWN_ID = {"status": "failed", "message": "Request not found"}
# Inputs that came as base64 are echoed in part: the whole would be larger than any reply.
LONGEST_ECHO = 2000


def finished(job: Job) -> dict[str, Any]:
    """The answer to a submission whose result is there already."""
    reply: dict[str, Any] = {
        "status": "success",
        "generationTime": job.seconds,
        "id": job.id,
        "output": [job.url],
        "proxy_links": [job.url],
        "meta": meta(job),
    }
    if job.submission.operation == "single_video_swap":
        reply["future_links"] = [job.url]
    return reply


def queued(job: Job) -> dict[str, Any]:
    """The answer to a submission that is worked on."""
    namespace = job.submission.context["namespace"]
    reply = {
        "status": "processing",
        "tip": TIP,
        "eta": job.progress.reported_eta,
        "message": "Your request is being processed in the background. Use fetch_result to get the result.",
        "fetch_result": f"{job.submission.origin}/api/v6/{namespace}/fetch/{job.id}",
        "id": job.id,
        "output": [],
        "meta": meta(job),
        "future_links": [job.url],
    }
    if reply["eta"] is None:
        del reply["eta"]
    return reply


def fetched(job: Job, namespace: str) -> dict[str, Any]:
    """The answer to a fetch when the result is there; the two namespaces document two forms."""
    if namespace == "faceswap":
        return {
            "status": "success",
            "generationTime": job.seconds,
            "id": job.id,
            "output": [job.url],
            "proxy_links": [job.url],
            "meta": meta(job),
        }
    return {"status": "success", "id": job.id, "output": [job.url], "tip": TIP, "proxy_links": None}


def failed(job: Job) -> dict[str, Any]:
    """A job that ended without a result."""
    return {"status": "failed", "id": job.id, "message": job.error, "output": []}


def webhook(job: Job) -> dict[str, Any]:
    """What the client's own receiver is sent."""
    track_id = job.submission.context["track_id"]
    if job.state == "failed":
        return {"status": "failed", "id": job.id, "message": job.error, "track_id": track_id}
    return {
        "status": "success",
        "id": job.id,
        "output": [job.url],
        "generationTime": job.seconds,
        "track_id": track_id,
        "meta": meta(job),
    }


def meta(job: Job) -> dict[str, Any]:
    """The echo of a submission."""
    inputs = {
        name: v[:LONGEST_ECHO] if isinstance(v, str) else v for name, v in job.submission.inputs.items()
    }
    common = {
        "seed": job.seed,
        "file_prefix": job.file_prefix,
        "watermark": "yes" if inputs["watermark"] else "no",
        "watermark_image": None,
    }
    if "reference_image" in inputs:
        common["reference_image"] = inputs["reference_image"]
    if job.submission.work.is_video:
        return common | {
            "source_image": inputs["init_image"],
            "target_video_url": inputs["init_video"],
            "output_format": "mp4",
            "outdir": "out/",
        }
    return common | {
        "init_image": inputs["init_image"],
        "target_image": inputs["target_image"],
        "temp": "no",
        "model_save_format": "jpg",
    }


def error(message: object, status: int = 200, **more: Any) -> Response:
    """An error of the vendor's."""
    return json_response({"status": "error", "message": message, **more}, status)


def bad_fields(errors: dict[str, list[str]]) -> dict[str, Any]:
    """The complaint about fields."""
    return {"status": "error", "message": errors}


def bad_json() -> Response:
    """The body cannot be read."""
    return error("Malformed JSON in request body", 400)


def bad_key() -> Response:
    """The key is wrong or missing."""
    return error("Invalid API key", 401)


def not_found() -> Response:
    """No such path."""
    return error("The requested endpoint does not exist", 404)


def method_not_allowed() -> Response:
    """The path takes POST only."""
    return error("The method is not supported for this endpoint. Supported methods: POST.", 405)


def queue_full(retry_after: float | None) -> Response:
    """The account's queue is full."""
    return _later(
        "You have exceeded the queue limit of your plan. Please wait for your requests to complete.",
        retry_after,
    )


def _later(message: str, retry_after: float | None) -> Response:
    more = {} if retry_after is None else {"retry_after": retry_after}
    return error(message, 429, **more)


RATE_LIMIT = "Rate limit exceeded. Please slow down your requests."
REFUSALS = {
    "echo": lambda fault: error(fault.message, 400),
    "error": lambda fault: error(fault.message, fault.code),
    "error_200": lambda fault: error(fault.message),
    "server_error": lambda fault: error("Internal server error. Please try again later.", 500),
    "rate_limited": lambda fault: _later(RATE_LIMIT, fault.retry_after),
    "rate_limited_200": lambda fault: error(RATE_LIMIT),
    "queue_full": lambda fault: queue_full(fault.retry_after),
    "no_credits": lambda fault: error("Insufficient credits. Please add more credits to continue.", 402),
}
