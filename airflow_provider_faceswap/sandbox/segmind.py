"""Segmind's faceswap-v2, spoken from its documents: v1 answers with the picture, v2 takes a job."""

from __future__ import annotations

import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox import segmind_replies as replies
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.credits import NoCredits
from airflow_provider_faceswap.sandbox.desk import Desk, Refused
from airflow_provider_faceswap.sandbox.jobbook import QueueFull
from airflow_provider_faceswap.sandbox.jobs import Job, Submission
from airflow_provider_faceswap.sandbox.segmind_fields import BadField, checked_swap, inputs_of, no_swap
from airflow_provider_faceswap.sandbox.segmind_options import V1_PATHS
from airflow_provider_faceswap.sandbox.swap import CannotSwap, Swap

V1, V2, CREDITS = "faceswap-v2", "faceswap-v2-async", "get-user-credits"
V2_PATH = "/v2/faceswap-v2"
CREDITS_PATH = "/v1/get-user-credits"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
TROUBLE = "Something went wrong while processing your request."
FAILURE = {"failed": TROUBLE, "congested": "The model is busy. Try again."}


class Segmind:
    """The front of one sandbox for Segmind.

    :param backend: what decides.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._desk = Desk(backend, replies.REFUSALS)

    def routes(self) -> list[Route]:
        """The vendor's paths."""
        return [
            *(Route(path, self.swap, methods=["POST"]) for path in V1_PATHS),
            Route(V2_PATH, self.submit, methods=["POST"]),
            Route("/v2/requests/{id}/status", self.status),
            Route("/v2/requests/{id}", self.result),
            Route(CREDITS_PATH, self.credits),
            *(Route(f"/{v}/{{rest:path}}", self.elsewhere, methods=METHODS) for v in ("v1", "v2")),
        ]

    def endpoints(self) -> list[str]:
        """The vendor's paths, for the front page."""
        reads = ("/v2/requests/{id}/status", "/v2/requests/{id}", CREDITS_PATH)
        return [*(f"POST {path}" for path in (*V1_PATHS, V2_PATH)), *(f"GET {path}" for path in reads)]

    async def elsewhere(self, request: Request) -> Response:
        """What is no path of the vendor's, or no method of that path."""
        path = request.url.path
        known = path in (*V1_PATHS, V2_PATH, CREDITS_PATH) or path.startswith("/v2/requests/")
        return replies.error("Not found", 405 if known else 404)

    async def swap(self, request: Request) -> Response:
        """Swap at once: v1."""
        if request.url.path not in self._backend.segmind.v1_paths:
            return replies.error("Model or endpoint not found", 404)
        return await self._desk.submit(request, V1, lambda: self._swap(request))

    async def _swap(self, request: Request) -> Response:
        body = await self._authorised_body(request)
        try:
            work = checked_swap(body)
        except BadField as bad:
            raise Refused("bad_fields", replies.error(bad.message, bad.code)) from None
        job = await self._accept(self._submission(request, V1, body, work))
        await job.wait(self._backend.segmind.cut_off_seconds)
        if job.state == "processing":
            return replies.error("Request timed out", 504)
        if job.state == "failed":
            return replies.error(job.error, 500)
        answer = await self._picture(job, as_base64=body.get("base64", False))
        return self._with_headers(answer, job)

    async def _picture(self, job: Job, *, as_base64: bool) -> Response:
        content = job.rendering.result()
        image_format = self._backend.segmind.image_format
        if image_format == "png":
            content = await self._backend.renderer.png(content)
        if as_base64:
            return replies.picture_in_json(content, job.seconds)
        return replies.picture(content, f"image/{image_format}")

    async def submit(self, request: Request) -> Response:
        """Take a job: v2."""
        return await self._desk.submit(request, V2, lambda: self._submit(request))

    async def _submit(self, request: Request) -> Response:
        body = await self._authorised_body(request)
        problem = ""
        try:
            work = checked_swap(body)
        except BadField as bad:
            work, problem = no_swap(), bad.message
        job = await self._accept(self._submission(request, V2, body, work, problem))
        return self._with_headers(replies.queued(job), job)

    async def status(self, request: Request) -> Response:
        """Tell how far a v2 job is."""
        return await self._look(request, with_result=False)

    async def result(self, request: Request) -> Response:
        """Tell what came of a v2 job."""
        return await self._look(request, with_result=True)

    async def _look(self, request: Request, *, with_result: bool) -> Response:
        job = self._backend.jobs.get(request.path_params["id"])
        if job is not None and job.submission.operation != V2:
            job = None

        async def answer() -> Response:
            self._authorise(request)
            if job is None or time.monotonic() - job.accepted_at > self._backend.segmind.record_seconds:
                return replies.error(f"Request {request.path_params['id']} not found", 404)
            return self._with_headers(self._told(job, with_result=with_result), job)

        return await self._desk.fetch(request, job, answer)

    def _told(self, job: Job, *, with_result: bool) -> Response:
        state = job.note_read()
        if state == "processing":
            return replies.running(job)
        if state == "failed":
            return replies.failed(job)
        form = "text" if job.submission.context["base64"] else self._backend.segmind.output_form
        result = replies.result(job, form) if with_result else {}
        return replies.completed(job, result, self._backend.credits.left("segmind"))

    async def credits(self, request: Request) -> Response:
        """Tell what the account holds."""

        async def answer() -> Response:
            self._authorise(request)
            return replies.user_credits(self._backend.credits.left("segmind"))

        return await self._desk.look(request, CREDITS, answer)

    def _authorise(self, request: Request) -> None:
        key = request.headers.get("x-api-key")
        if key is None:
            raise Refused("bad_key", replies.error("Missing x-api-key in header", 401))
        if key != self._backend.settings.key:
            raise Refused("bad_key", replies.error("Unauthorized. API key is invalid", 401))

    async def _authorised_body(self, request: Request) -> dict[str, Any]:
        self._authorise(request)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refused("bad_content_type", replies.error("Invalid content type", 406))
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise Refused("bad_json", replies.error("Invalid JSON in request body", 400))
        return body

    def _submission(
        self, request: Request, operation: str, body: dict[str, Any], work: Swap, problem: str = ""
    ) -> Submission:
        return Submission(
            vendor="segmind",
            operation=operation,
            inputs=inputs_of(body),
            work=work,
            origin=f"{request.url.scheme}://{request.url.netloc}",
            port=request.url.port,
            failure=FAILURE,
            context={"cost": self._backend.segmind.cost, "base64": body.get("base64") is True},
            id_form="uuid",
            readable=operation == V2,
            inputs_first=operation == V1,
            problem=problem,
        )

    async def _accept(self, submission: Submission) -> Job:
        try:
            return await self._backend.buy(submission, submission.context["cost"], self._settle)
        except NoCredits as error:
            raise Refused("no_credits", replies.no_credits(error.left, error.price)) from None
        except QueueFull:
            raise Refused("queue_full", replies.rate_limited(5)) from None
        except CannotSwap as error:
            raise Refused("bad_inputs", replies.error(str(error), 400)) from None

    async def _settle(self, job: Job) -> None:
        if job.state == "failed":
            self._backend.credits.give_back("segmind", job.submission.context["cost"])

    def _with_headers(self, response: Response, job: Job) -> Response:
        response.headers["x-request-id"] = str(job.id)
        response.headers["x-remaining-credits"] = str(self._backend.credits.left("segmind"))
        if job.state == "success":
            response.headers["x-generation-time"] = str(job.seconds)
            response.headers["x-cost"] = str(job.submission.context["cost"])
        return response
