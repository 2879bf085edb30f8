"""aifaceswap.io's API, written from its documents: it takes a task and calls back; it cannot be polled."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any, ClassVar

from python_multipart.exceptions import FormParserError
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox.aifaceswap import replies
from airflow_provider_faceswap.sandbox.aifaceswap.fields import (
    EXTRACTIONS,
    FILE_OPERATIONS,
    OPERATIONS,
    BadField,
    price_of,
    webhook_of,
    work_of,
)
from airflow_provider_faceswap.sandbox.callbacks.policy import CallbackPolicy
from airflow_provider_faceswap.sandbox.callbacks.sender import CallbackSender
from airflow_provider_faceswap.sandbox.front import FAILURE_MESSAGE, Front, Replies
from airflow_provider_faceswap.sandbox.jobs.job import Submission

# How long an extraction, which answers with the faces, may take.
EXTRACTION_WAIT = 60.0


class AIFaceSwap(Front):
    """aifaceswap.io's front."""

    vendor = "aifaceswap"
    prefixes = ("/api/aifaceswap",)
    failure: ClassVar = {"failed": FAILURE_MESSAGE, "congested": "The service is busy. Try again."}
    replies: ClassVar[Replies] = replies

    def make_endpoints(self) -> list[Route]:
        """Return the vendor's endpoints."""
        return [
            Route(f"/api/aifaceswap/v1/{name}", partial(self.take, name), methods=["POST"])
            for name in OPERATIONS
        ]

    async def take(self, operation: str, request: Request) -> Response:
        """Take a task, or extract faces."""
        return await self.submit(request, operation, lambda: self._take(operation, request))

    async def _take(self, operation: str, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.backend.settings.key}":
            raise self.refused("bad_key")
        body = await self._read(operation, request)
        try:
            work, points, webhook = work_of(operation, body), price_of(operation, body), webhook_of(body)
        except BadField as bad:
            raise self.refused("bad_fields", str(bad)) from None
        submission = self.submission(
            request,
            operation,
            {name: _as_json(value) for name, value in body.items() if name != "webhook"},
            work,
            id_format="hex",
            pollable=False,
            checks_inputs=operation in EXTRACTIONS,
        )
        if operation in EXTRACTIONS:
            return await self._extract(request, submission, points)
        sender = self._sender(submission, webhook) if webhook else None
        job = await self.accept(request, submission, points, sender)
        response = replies.accepted(job, points)
        if sender:
            await sender.before_answer()
            response.background = BackgroundTask(sender.on_answered)
        return response

    async def _extract(self, request: Request, submission: Submission, points: int) -> Response:
        job = await self.accept(request, submission, points)
        await job.wait(EXTRACTION_WAIT)
        if job.state == "success":
            return replies.extracted(job, points)
        return replies.error(job.error or "Request timed out", 500)

    def _sender(self, submission: Submission, webhook: str) -> CallbackSender:
        backend = self.backend
        policy = backend.callbacks.pick(submission.operation, submission.inputs_text) or CallbackPolicy()
        return CallbackSender(webhook, replies.callback, policy, backend.webhooks, backend.counts)

    async def _read(self, operation: str, request: Request) -> dict[str, Any]:
        """Return the fields of a request; files are bytes."""
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await self.read_json(request)
        if operation not in FILE_OPERATIONS:
            raise self.refused("bad_content_type", "Content-Type must be application/json")
        try:
            async with request.form() as form:
                return {
                    name: await value.read() if isinstance(value, UploadFile) else value
                    for name, value in form.items()
                }
        except (HTTPException, FormParserError):  # older starlettes let the parser's own pass
            raise self.refused("bad_form", "Invalid form data in request body") from None


def _as_json(value: Any) -> Any:
    """Return a field for JSON: the digest of a file, everything else as it is."""
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value
