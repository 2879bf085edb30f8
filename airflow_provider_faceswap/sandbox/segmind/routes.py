"""Segmind's faceswap-v2, written from its documents: v1 answers with the picture, v2 takes a job."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox.front import FAILURE_MESSAGE, Front, Refused, Replies
from airflow_provider_faceswap.sandbox.jobs.job import Job
from airflow_provider_faceswap.sandbox.pictures.work import Swap
from airflow_provider_faceswap.sandbox.segmind import replies
from airflow_provider_faceswap.sandbox.segmind.fields import BadField, checked_swap, inputs_of, no_swap
from airflow_provider_faceswap.sandbox.settings import V1_PATHS

V1, V2, CREDITS = "faceswap-v2", "faceswap-v2-async", "get-user-credits"


class Segmind(Front):
    """Segmind's front."""

    vendor = "segmind"
    prefixes = ("/v1", "/v2")
    failure: ClassVar = {"failed": FAILURE_MESSAGE, "congested": "The model is busy. Try again."}
    replies: ClassVar[Replies] = replies

    def make_endpoints(self) -> list[Route]:
        """Return the vendor's endpoints."""
        return [
            *(Route(path, self.swap_now, methods=["POST"]) for path in V1_PATHS),
            Route("/v2/faceswap-v2", self.swap_later, methods=["POST"]),
            Route("/v2/requests/{id}/status", partial(self.poll, False)),
            Route("/v2/requests/{id}", partial(self.poll, True)),
            Route("/v1/get-user-credits", self.credits),
        ]

    async def swap_now(self, request: Request) -> Response:
        """Swap and answer with the picture: v1."""
        if request.url.path not in self.backend.segmind.v1_paths:
            return replies.error("Model or endpoint not found", 404)
        return await self.submit(request, V1, lambda: self._swap_now(request))

    async def _swap_now(self, request: Request) -> Response:
        body = await self._authorised_body(request)
        try:
            work = checked_swap(body)
        except BadField as bad:
            raise Refused("bad_fields", replies.error(bad.message, bad.code)) from None
        job = await self._accept(request, V1, body, work)
        await job.wait(self.backend.segmind.cut_off_seconds)
        if job.state == "processing":
            return replies.error("Request timed out", 504)
        if job.state == "failed":
            return replies.error(job.error, 500)
        answer = await self._picture(job, as_base64=body.get("base64", False))
        return self._with_headers(answer, job)

    async def _picture(self, job: Job, *, as_base64: bool) -> Response:
        content = job.rendering.result()
        image_format = self.backend.segmind.image_format
        if image_format == "png":
            content = await self.backend.renderer.png(content)
        if as_base64:
            return replies.picture_in_json(content, job.seconds)
        return Response(content, media_type=f"image/{image_format}")

    async def swap_later(self, request: Request) -> Response:
        """Take a job: v2."""
        return await self.submit(request, V2, lambda: self._swap_later(request))

    async def _swap_later(self, request: Request) -> Response:
        body = await self._authorised_body(request)
        problem = ""
        try:
            work = checked_swap(body)
        except BadField as bad:
            work, problem = no_swap(), bad.message
        job = await self._accept(request, V2, body, work, problem)
        return self._with_headers(replies.queued(job), job)

    async def poll(self, with_result: bool, request: Request) -> Response:
        """Return the state of a v2 job, and its result where that is asked for."""
        job = self.backend.jobs.get(request.path_params["id"])
        if job is not None and job.submission.operation != V2:
            job = None
        return await self.fetch(request, job, partial(self._poll, with_result, request))

    async def _poll(self, with_result: bool, request: Request, job: Job | None) -> Response:
        self._authorise(request)
        if job is None or time.monotonic() - job.accepted_at > self.backend.segmind.record_seconds:
            return replies.error(f"Request {request.path_params['id']} not found", 404)
        return self._with_headers(self._state(job, with_result), job)

    def _state(self, job: Job, with_result: bool) -> Response:
        state = job.read()
        if state == "processing":
            return replies.running(job)
        if state == "failed":
            return replies.failed(job)
        form = "text" if job.submission.context["base64"] else self.backend.segmind.output_form
        result = replies.result(job, form) if with_result else {}
        return replies.completed(job, result, self.backend.credits.left("segmind"))

    async def credits(self, request: Request) -> Response:
        """Return the credits of the account."""

        async def answer() -> Response:
            self._authorise(request)
            return replies.user_credits(self.backend.credits.left("segmind"))

        return await self.read(request, CREDITS, answer)

    def _authorise(self, request: Request) -> None:
        key = request.headers.get("x-api-key")
        if key != self.backend.settings.key:
            missing = "Missing x-api-key in header"
            raise self.refused("bad_key", missing if key is None else "Unauthorized. API key is invalid")

    async def _authorised_body(self, request: Request) -> dict[str, Any]:
        self._authorise(request)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise self.refused("bad_content_type")
        return await self.read_json(request)

    async def _accept(
        self, request: Request, operation: str, body: dict[str, Any], work: Swap, problem: str = ""
    ) -> Job:
        cost = self.backend.segmind.cost
        submission = self.submission(
            request,
            operation,
            inputs_of(body),
            work,
            context={"cost": cost, "base64": body.get("base64") is True},
            id_format="uuid",
            pollable=operation == V2,
            checks_inputs=operation == V1,
            problem=problem,
        )
        return await self.accept(request, submission, cost, self._settle)

    async def _settle(self, job: Job) -> None:
        if job.state == "failed":
            self.backend.credits.refund("segmind", job.submission.context["cost"])

    def _with_headers(self, response: Response, job: Job) -> Response:
        response.headers["x-request-id"] = str(job.id)
        response.headers["x-remaining-credits"] = str(self.backend.credits.left("segmind"))
        if job.state == "success":
            response.headers["x-generation-time"] = str(job.seconds)
            response.headers["x-cost"] = str(job.submission.context["cost"])
        return response
