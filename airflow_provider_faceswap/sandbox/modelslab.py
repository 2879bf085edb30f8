"""ModelsLab's face swap API, spoken from its documents: what comes in is checked and told to the backend."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox import modelslab_replies as replies
from airflow_provider_faceswap.sandbox.answers import json_response
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.desk import Desk, Refused
from airflow_provider_faceswap.sandbox.inputs import decoded, is_http_url
from airflow_provider_faceswap.sandbox.jobbook import QueueFull
from airflow_provider_faceswap.sandbox.jobs import Job, Submission
from airflow_provider_faceswap.sandbox.swap import Exchange, Source, Swap

NAMESPACES = ("faceswap", "deepfake")
# Each operation's media fields: all are required.
MEDIA_FIELDS = {
    "single_face_swap": ("init_image", "target_image", "reference_image"),
    "multiple_face_swap": ("init_image", "target_image"),
    "single_video_swap": ("init_image", "init_video"),
    "specific_video_swap": ("init_image", "init_video", "reference_image"),
}
VIDEO_OPERATIONS = ("single_video_swap", "specific_video_swap")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# How long an answer that should carry the result waits for it, before it says "processing" after all.
SUBMIT_WAIT = 20.0
FAILURE = {"failed": "Something went wrong while processing your request.", "congested": "Try Again"}


class ModelsLab:
    """The front of one sandbox for ModelsLab.

    :param backend: what decides.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._desk = Desk(backend, replies.REFUSALS)

    def routes(self) -> list[Route]:
        """The vendor's paths."""
        return [
            Route("/api/v6/{namespace}/fetch/{id}", self.fetch, methods=["POST"]),
            Route("/api/v6/{namespace}/{operation}", self.submit, methods=["POST"]),
            Route("/api/{rest:path}", self.elsewhere, methods=METHODS),
        ]

    def endpoints(self) -> list[str]:
        """The vendor's paths, for the front page."""
        return [
            f"POST /api/v6/{name}/{path}" for name in NAMESPACES for path in (*MEDIA_FIELDS, "fetch/{id}")
        ]

    async def elsewhere(self, request: Request) -> Response:
        """What is no path of the vendor's, or no method of that path."""
        return replies.method_not_allowed() if _is_path(request.url.path) else replies.not_found()

    async def submit(self, request: Request) -> Response:
        """Take a swap."""
        operation = request.path_params["operation"]
        if request.path_params["namespace"] not in NAMESPACES or operation not in MEDIA_FIELDS:
            return replies.not_found()
        return await self._desk.submit(request, operation, lambda: self._submit(request))

    async def _submit(self, request: Request) -> Response:
        job = await self._accept(request, self._authorised(await request.body()))
        if job.progress.at_once:
            await job.wait(SUBMIT_WAIT)
        state = job.state
        if state == "processing":
            return json_response(replies.queued(job))
        return json_response(replies.finished(job) if state == "success" else replies.failed(job))

    async def fetch(self, request: Request) -> Response:
        """Tell how far a job is."""
        if request.path_params["namespace"] not in NAMESPACES:
            return replies.not_found()
        job = self._backend.jobs.get(request.path_params["id"])
        if job is not None and job.submission.vendor != "modelslab":
            job = None
        return await self._desk.fetch(request, job, lambda: self._fetch(request, job))

    async def _fetch(self, request: Request, job: Job | None) -> Response:
        self._authorised(await request.body())
        if job is None:
            return json_response(replies.UNKNOWN_ID)
        state = job.note_read()
        if state == "processing":
            return json_response(replies.RUNNING)
        if state == "failed":
            return json_response(replies.failed(job))
        return json_response(replies.fetched(job, request.path_params["namespace"]))

    def _authorised(self, content: bytes) -> dict[str, Any]:
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Refused("bad_json", replies.bad_json())
        if body.get("key") != self._backend.settings.key:
            raise Refused("bad_key", replies.bad_key())
        return body

    async def _accept(self, request: Request, body: dict[str, Any]) -> Job:
        operation = request.path_params["operation"]
        errors = field_errors(operation, body)
        if errors:
            raise Refused("bad_fields", json_response(replies.bad_fields(errors)))
        submission = _submission(request, operation, body)
        try:
            return await self._backend.jobs.accept(
                submission, self._send_webhook if body.get("webhook") else None
            )
        except QueueFull:
            raise Refused("queue_full", replies.queue_full(5)) from None

    async def _send_webhook(self, job: Job) -> None:
        # The answer to the submission comes first: a receiver wants to know the id already.
        await asyncio.sleep(0)
        await self._backend.webhooks.deliver(job.submission.context["webhook"], replies.webhook(job))


def _is_path(path: str) -> bool:
    parts = path.strip("/").split("/")
    return len(parts) in (4, 5) and parts[2] in NAMESPACES and parts[3] in (*MEDIA_FIELDS, "fetch")


def field_errors(operation: str, body: dict[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the fields of a submission, in the vendor's form.

    :param operation: the operation.
    :param body: the request.
    """
    errors = {}
    as_base64 = operation not in VIDEO_OPERATIONS and body.get("base64") is True
    for name in MEDIA_FIELDS[operation]:
        problem = _media_problem(body.get(name), as_base64)
        if problem:
            errors[name] = [f"The {name.replace('_', ' ')} {problem}"]
    for name in ("watermark", "base64"):
        if not isinstance(body.get(name, True), bool):
            errors[name] = [f"The {name} field must be true or false."]
    webhook = body.get("webhook")
    if webhook is not None and not (isinstance(webhook, str) and is_http_url(webhook.strip())):
        errors["webhook"] = ["The webhook must be a valid URL."]
    track_id = body.get("track_id")
    if track_id is not None and (isinstance(track_id, bool) or not isinstance(track_id, int | str)):
        errors["track_id"] = ["The track id must be an integer."]
    if operation in VIDEO_OPERATIONS and body.get("output_format", "mp4") != "mp4":
        errors["output_format"] = ["The selected output format is invalid."]
    return errors


def _media_problem(value: object, as_base64: bool) -> str:
    if value is None or value == "":
        return "field is required."
    if not isinstance(value, str):
        return "must be a string."
    if as_base64:
        return "" if decoded(value) else "must be a valid base64 image."
    return "" if is_http_url(value.strip()) else "must be a valid URL."


def _submission(request: Request, operation: str, body: dict[str, Any]) -> Submission:
    is_video = operation in VIDEO_OPERATIONS
    as_base64 = not is_video and body.get("base64") is True
    inputs = {name: body[name].strip() for name in MEDIA_FIELDS[operation]}
    sources = {
        name: Source(name, content=decoded(value)) if as_base64 else Source(name, url=value)
        for name, value in inputs.items()
    }
    watermark = body.get("watermark", True)
    face = sources["init_image" if is_video else "target_image"]
    swap = Swap(
        scene=sources["init_video" if is_video else "init_image"],
        exchanges=(Exchange(face, reference=sources.get("reference_image")),),
        is_video=is_video,
        watermark=watermark,
    )
    return Submission(
        vendor="modelslab",
        operation=operation,
        inputs=inputs | {"watermark": watermark},
        work=swap,
        origin=f"{request.url.scheme}://{request.url.netloc}",
        port=request.url.port,
        failure=FAILURE,
        context={
            "namespace": request.path_params["namespace"],
            "track_id": body.get("track_id"),
            "webhook": (body.get("webhook") or "").strip(),
        },
    )
