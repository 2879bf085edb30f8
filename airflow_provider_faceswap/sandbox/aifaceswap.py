"""aifaceswap.io's API, spoken from its documents: it takes a task and calls back; it cannot be asked."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox import aifaceswap_replies as replies
from airflow_provider_faceswap.sandbox.aifaceswap_fields import (
    EXTRACTIONS,
    FILE_OPERATIONS,
    OPERATIONS,
    BadField,
    price_of,
    webhook_of,
    work_of,
)
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.callbacks import CallbackPolicy, Caller
from airflow_provider_faceswap.sandbox.credits import NoCredits
from airflow_provider_faceswap.sandbox.desk import Desk, Refused
from airflow_provider_faceswap.sandbox.jobbook import OnEnd, QueueFull
from airflow_provider_faceswap.sandbox.jobs import Job, Submission
from airflow_provider_faceswap.sandbox.swap import CannotSwap

BASE = "/api/aifaceswap/v1"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TROUBLE = "Something went wrong while processing your request."
FAILURE = {"failed": TROUBLE, "congested": "The service is busy. Try again."}
# How long an extraction, which answers with the faces, may take.
EXTRACTION_WAIT = 60.0


class AIFaceSwap:
    """The front of one sandbox for aifaceswap.io.

    :param backend: what decides.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._desk = Desk(backend, replies.REFUSALS)

    def routes(self) -> list[Route]:
        """The vendor's paths."""
        return [
            *(Route(f"{BASE}/{name}", self.submit, methods=["POST"], name=name) for name in OPERATIONS),
            Route("/api/aifaceswap/{rest:path}", self.elsewhere, methods=METHODS),
        ]

    def endpoints(self) -> list[str]:
        """The vendor's paths, for the front page."""
        return [f"POST {BASE}/{name}" for name in OPERATIONS]

    async def elsewhere(self, request: Request) -> Response:
        """What is no path of the vendor's, or no method of that path."""
        code = 405 if request.url.path.removeprefix(f"{BASE}/") in OPERATIONS else 404
        return replies.error("Not found" if code == 404 else "Method not allowed", code, code)

    async def submit(self, request: Request) -> Response:
        """Take a task, or extract faces."""
        operation = request.url.path.rpartition("/")[2]
        return await self._desk.submit(request, operation, lambda: self._submit(request, operation))

    async def _submit(self, request: Request, operation: str) -> Response:
        if request.headers.get("authorization") != f"Bearer {self._backend.settings.key}":
            raise Refused("bad_key", replies.error("Invalid API key", 401, 401))
        body = await _read(request, operation)
        try:
            submission = _submission(request, operation, body)
            points, webhook = price_of(operation, body), webhook_of(body)
        except BadField as bad:
            raise Refused("bad_fields", replies.error(str(bad), 400)) from None
        if operation in EXTRACTIONS:
            return await self._extract(submission, points)
        caller = self._caller(submission, webhook) if webhook else None
        job = await self._accept(submission, points, caller)
        response = replies.accepted(job, points)
        if caller:
            await caller.before_answer()
            response.background = BackgroundTask(caller.note_answered)
        return response

    async def _extract(self, submission: Submission, points: int) -> Response:
        job = await self._accept(submission, points)
        await job.wait(EXTRACTION_WAIT)
        if job.state == "success":
            return replies.extracted(job, points)
        return replies.error(job.error or "Request timed out", 500)

    def _caller(self, submission: Submission, webhook: str) -> Caller:
        backend = self._backend
        policy = backend.callbacks.draw(submission.operation, submission.inputs_text) or CallbackPolicy()
        return Caller(webhook, replies.callback, policy, backend.webhooks, backend.counts)

    async def _accept(self, submission: Submission, points: int, on_end: OnEnd | None = None) -> Job:
        try:
            return await self._backend.buy(submission, points, on_end)
        except NoCredits:
            raise Refused("no_credits", replies.error(replies.NO_CREDITS, 402)) from None
        except QueueFull:
            raise Refused("queue_full", replies.error("Too many tasks in progress", 429)) from None
        except CannotSwap as error:
            raise Refused("bad_inputs", replies.error(str(error), 400)) from None


async def _read(request: Request, operation: str) -> dict[str, Any]:
    """The fields of a request; files are bytes."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        if operation not in FILE_OPERATIONS:
            raise Refused("bad_content_type", replies.error("Content-Type must be application/json", 400))
        return await _read_form(request)
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused("bad_json", replies.error("Invalid JSON in request body", 400))
    return body


async def _read_form(request: Request) -> dict[str, Any]:
    try:
        async with request.form() as form:
            return {
                name: await value.read() if isinstance(value, UploadFile) else value
                for name, value in form.items()
            }
    except HTTPException:
        raise Refused("bad_form", replies.error("Invalid form data in request body", 400)) from None


def _submission(request: Request, operation: str, body: dict[str, Any]) -> Submission:
    return Submission(
        vendor="aifaceswap",
        operation=operation,
        inputs={name: _told(value) for name, value in body.items() if name != "webhook"},
        work=work_of(operation, body),
        origin=f"{request.url.scheme}://{request.url.netloc}",
        port=request.url.port,
        failure=FAILURE,
        id_form="hex",
        readable=False,
        inputs_first=operation in EXTRACTIONS,
    )


def _told(value: Any) -> Any:
    """A field of the request in JSON: of a file, its digest."""
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value
