"""ModelsLab's face swap API, written from its documents."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox.front import FAILURE_MESSAGE, Front, Refused, Replies
from airflow_provider_faceswap.sandbox.http.responses import json_response
from airflow_provider_faceswap.sandbox.jobs.job import Job
from airflow_provider_faceswap.sandbox.modelslab import replies
from airflow_provider_faceswap.sandbox.modelslab.fields import MEDIA_FIELDS, field_errors, inputs_of, swap_of

NAMESPACES = ("faceswap", "deepfake")
# How long an answer that should have the result waits for it before it says "processing" after all.
SUBMIT_WAIT = 20.0


class ModelsLab(Front):
    """ModelsLab's front."""

    vendor = "modelslab"
    prefixes = ("/api",)
    failure: ClassVar = {"failed": FAILURE_MESSAGE, "congested": "Try Again"}
    replies: ClassVar[Replies] = replies

    def make_endpoints(self) -> list[Route]:
        """Return the vendor's endpoints."""
        endpoints = []
        for namespace in NAMESPACES:
            base = f"/api/v6/{namespace}"
            for operation in MEDIA_FIELDS:
                submit = partial(self.swap, namespace, operation)
                endpoints.append(Route(f"{base}/{operation}", submit, methods=["POST"]))
            poll = partial(self.poll, namespace)
            endpoints.append(Route(f"{base}/fetch/{{id}}", poll, methods=["POST"]))
        return endpoints

    async def swap(self, namespace: str, operation: str, request: Request) -> Response:
        """Take a swap."""
        return await self.submit(request, operation, lambda: self._swap(namespace, operation, request))

    async def _swap(self, namespace: str, operation: str, request: Request) -> Response:
        body = await self._authorised_body(request)
        if errors := field_errors(operation, body):
            raise Refused("bad_fields", replies.error(errors))
        context = {
            "namespace": namespace,
            "track_id": body.get("track_id"),
            "webhook": (body.get("webhook") or "").strip(),
        }
        submission = self.submission(
            request, operation, inputs_of(operation, body), swap_of(operation, body), context=context
        )
        on_end = self._send_webhook if context["webhook"] else None
        job = await self.accept(request, submission, on_end=on_end)
        if job.progress.at_once:
            await job.wait(SUBMIT_WAIT)
        state = job.state
        if state == "processing":
            return json_response(replies.queued(job))
        return json_response(replies.finished(job) if state == "success" else replies.failed(job))

    async def poll(self, namespace: str, request: Request) -> Response:
        """Return the state of a job."""
        job = self.backend.jobs.get(request.path_params["id"])
        if job is not None and job.submission.vendor != self.vendor:
            job = None
        return await self.fetch(request, job, partial(self._poll, namespace, request))

    async def _poll(self, namespace: str, request: Request, job: Job | None) -> Response:
        await self._authorised_body(request)
        if job is None:
            return json_response(replies.UNKNOWN_ID)
        state = job.read()
        if state == "processing":
            return json_response(replies.RUNNING)
        return json_response(replies.failed(job) if state == "failed" else replies.fetched(job, namespace))

    async def _authorised_body(self, request: Request) -> dict[str, Any]:
        body = await self.read_json(request)
        if body.get("key") != self.backend.settings.key:
            raise self.refused("bad_key")
        return body

    async def _send_webhook(self, job: Job) -> None:
        # The answer to the submission comes first: a receiver needs to know the id already.
        await asyncio.sleep(0)
        await self.backend.webhooks.deliver(job.submission.context["webhook"], replies.webhook(job))
