"""ModelsLab's replies, literally as its documents show them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from airflow_provider_faceswap.sandbox.faults.injection import Wordings
from airflow_provider_faceswap.sandbox.http.responses import json_response
from airflow_provider_faceswap.sandbox.jobs.job import Job

TIP = (
    "Get 20x faster image generation using enterprise plan. Click here : http://sdapi_backend.test/enterprise"
)
ID_PATH = ("id",)
RUNNING = {"status": "processing", "message": "try again later.", "output": ""}
UNKNOWN_ID = {"status": "failed", "message": "Request not found"}
# Inputs in base64 are echoed in part: the whole would be larger than any reply.
MAX_ECHO = 2000


def finished(job: Job) -> dict[str, Any]:
    """Answer a submission whose result is there already."""
    reply = _success(job)
    if job.submission.operation == "single_video_swap":
        reply["future_links"] = [job.url]
    return reply


def _success(job: Job) -> dict[str, Any]:
    return {
        "status": "success",
        "generationTime": job.seconds,
        "id": job.id,
        "output": [job.url],
        "proxy_links": [job.url],
        "meta": meta(job),
    }


def queued(job: Job) -> dict[str, Any]:
    """Answer a submission whose job is running."""
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
    """Answer a fetch when the result is there; the two namespaces document two forms."""
    if namespace == "faceswap":
        return _success(job)
    return {"status": "success", "id": job.id, "output": [job.url], "tip": TIP, "proxy_links": None}


def failed(job: Job) -> dict[str, Any]:
    """Answer for a job that failed."""
    return {"status": "failed", "id": job.id, "message": job.error, "output": []}


def webhook(job: Job) -> dict[str, Any]:
    """Return what the client's own receiver gets."""
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
    """Return the echo of a submission."""
    inputs = {name: v[:MAX_ECHO] if isinstance(v, str) else v for name, v in job.submission.inputs.items()}
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
    """Answer with an error of the vendor's."""
    return json_response({"status": "error", "message": message, **more}, status)


def wrong_path(status: int) -> Response:
    """Answer a path (404) or a method (405) that the vendor does not have."""
    if status == 404:
        return error("The requested endpoint does not exist", 404)
    return error("The method is not supported for this endpoint. Supported methods: POST.", 405)


def refusal(reason: str, detail: str = "") -> Response:
    """Answer a request that is not accepted."""
    if reason == "queue_full":
        return _later(QUEUE_FULL, 5)
    if reason == "bad_key":
        return error("Invalid API key", 401)
    return error("Malformed JSON in request body", 400)


def _later(message: str, retry_after: float | None) -> Response:
    more = {} if retry_after is None else {"retry_after": retry_after}
    return error(message, 429, **more)


RATE_LIMIT = "Rate limit exceeded. Please slow down your requests."
QUEUE_FULL = "You have exceeded the queue limit of your plan. Please wait for your requests to complete."
FAULTS: Wordings = {
    "echo": lambda fault: error(fault.message, 400),
    "error": lambda fault: error(fault.message, fault.code),
    "error_200": lambda fault: error(fault.message),
    "server_error": lambda fault: error("Internal server error. Please try again later.", 500),
    "rate_limited": lambda fault: _later(RATE_LIMIT, fault.retry_after),
    "rate_limited_200": lambda fault: error(RATE_LIMIT),
    "queue_full": lambda fault: _later(QUEUE_FULL, fault.retry_after),
    "no_credits": lambda fault: error("Insufficient credits. Please add more credits to continue.", 402),
}
