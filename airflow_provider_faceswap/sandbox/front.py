"""What the fronts of all vendors share: they take requests, ask the backend, and inject faults."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.faults.fault import Fault
from airflow_provider_faceswap.sandbox.faults.injection import Handle, Wordings, inject_fault
from airflow_provider_faceswap.sandbox.jobs.credits import NoCredits
from airflow_provider_faceswap.sandbox.jobs.job import Job, Submission
from airflow_provider_faceswap.sandbox.jobs.store import OnEnd, QueueFull
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap, Work

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
FAILURE_MESSAGE = "Something went wrong while processing your request."
REASONS = {NoCredits: "no_credits", QueueFull: "queue_full", CannotSwap: "bad_inputs"}


class Refused(Exception):
    """The request is answered with an error; nothing is accepted."""

    def __init__(self, reason: str, response: Response) -> None:
        super().__init__(reason)
        self.reason = reason
        self.response = response


class Replies(Protocol):
    """What every vendor's ``replies.py`` holds for the front."""

    @property
    def ID_PATH(self) -> tuple[str, ...]:
        """Where the vendor's JSON names a job."""

    @property
    def FAULTS(self) -> Wordings:
        """The vendor's wordings of faults."""

    def refusal(self, reason: str, detail: str = "") -> Response:
        """Answer a request that is not accepted."""

    def wrong_path(self, status: int) -> Response:
        """Answer a path (404) or a method (405) that the vendor does not have."""


class Front(ABC):
    """
    One vendor's front.

    :param backend: the state of the sandbox.
    """

    vendor: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    """The paths below these are the vendor's."""
    failure: ClassVar[Mapping[str, str]]
    """The message for a job that fails, by its outcome."""
    replies: ClassVar[Replies]

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.endpoints = self.make_endpoints()

    @abstractmethod
    def make_endpoints(self) -> list[Route]:
        """Return the vendor's endpoints."""

    def routes(self) -> list[Route]:
        """Return the vendor's endpoints, and what answers for the rest of its paths."""
        rest = (Route(f"{p}/{{rest:path}}", self.wrong_path, methods=METHODS) for p in self.prefixes)
        return [*self.endpoints, *rest]

    async def wrong_path(self, request: Request) -> Response:
        """Answer a path or a method that the vendor does not have."""
        known = any(route.matches(request.scope)[0] is not Match.NONE for route in self.endpoints)
        return self.replies.wrong_path(405 if known else 404)

    def refused(self, reason: str, detail: str = "") -> Refused:
        """Return the exception that answers with a refusal."""
        return Refused(reason, self.replies.refusal(reason, detail))

    async def read_json(self, request: Request) -> dict[str, Any]:
        """Return the JSON object of a request's body."""
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise self.refused("bad_json")
        return body

    def submission(
        self, request: Request, operation: str, inputs: Mapping[str, Any], work: Work, **options: Any
    ) -> Submission:
        """
        Return the submission that a request asks for.

        :param request: the request.
        :param operation: the operation.
        :param inputs: what the result depends on, as it was sent.
        :param work: the same for the renderer.
        :param options: more fields of the submission.
        """
        return Submission(
            vendor=self.vendor,
            operation=operation,
            inputs=inputs,
            work=work,
            origin=f"{request.url.scheme}://{request.url.netloc}",
            port=request.url.port,
            failure=self.failure,
            **options,
        )

    async def accept(
        self, request: Request, submission: Submission, price: float = 0, on_end: OnEnd | None = None
    ) -> Job:
        """
        Accept a submission, or raise :exc:`Refused`.

        :param request: the request.
        :param submission: what it asks for.
        :param price: its price.
        :param on_end: called when the job has ended.
        """
        try:
            job = await self.backend.buy(submission, price, on_end)
        except tuple(REASONS) as error:
            raise self.refused(REASONS[type(error)], str(error)) from None
        request.state.job_id = job.id
        return job

    async def submit(self, request: Request, operation: str, handle: Handle) -> Response:
        """
        Answer a submission.

        :param request: the request.
        :param operation: what is submitted.
        :param handle: answers it properly; it may raise :exc:`Refused`.
        """
        inputs = (await request.body()).decode(errors="replace")
        refused = self.backend.counts.refused
        fault = self.backend.faults.pick("submit", operation, inputs=inputs)
        if fault and not fault.accepts and fault.kind != "slow_before_accept":
            refused[fault.kind] += 1
        return await self._answer(request, fault, handle, lambda reason: refused.update([reason]))

    async def fetch(
        self, request: Request, job: Job | None, handle: Callable[[Job | None], Awaitable[Response]]
    ) -> Response:
        """
        Answer a request for the state of a job.

        :param request: the request.
        :param job: the job, if it is known.
        :param handle: answers properly for a job, or for an unknown id; it may raise :exc:`Refused`.
        """
        self.backend.counts.fetches += 1
        operation, inputs = None, ""
        if job:
            job.fetches += 1
            operation, inputs = job.submission.operation, job.submission.inputs_text
        await request.body()
        fault = self.backend.faults.pick("fetch", operation, inputs=inputs)
        found = None if fault and fault.kind == "unknown_id" else job
        return await self._answer(request, fault, lambda: handle(found))

    async def read(self, request: Request, operation: str, handle: Handle) -> Response:
        """
        Answer a read that is not about a job; faults on ``fetch`` are injected here, too.

        :param request: the request.
        :param operation: what is read.
        :param handle: answers it properly; it may raise :exc:`Refused`.
        """
        await request.body()
        return await self._answer(request, self.backend.faults.pick("fetch", operation), handle)

    async def _answer(
        self,
        request: Request,
        fault: Fault | None,
        handle: Handle,
        on_refused: Callable[[str], None] = lambda reason: None,
    ) -> Response:
        async def answer() -> Response:
            try:
                return await handle()
            except Refused as refused:
                on_refused(refused.reason)
                return refused.response

        if fault is None:
            return await answer()
        self.backend.counts.faults[fault.kind] += 1
        return await inject_fault(request, fault, answer, self.replies.FAULTS, self.replies.ID_PATH)
