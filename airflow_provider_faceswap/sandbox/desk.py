"""Where requests of any vendor are answered: properly, refused, or the way a fault has it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from airflow_provider_faceswap.sandbox.answers import Forms, Handle, spoil
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.faults import Fault
from airflow_provider_faceswap.sandbox.jobs import Job


class Refused(Exception):
    """The request is answered with an error; nothing is accepted."""

    def __init__(self, reason: str, response: Response) -> None:
        super().__init__(reason)
        self.reason = reason
        self.response = response


class Desk:
    """Draws the faults and keeps the counts for one vendor's front.

    :param backend: where faults and counts are.
    :param forms: the vendor's own wording of refusals.
    """

    def __init__(self, backend: Backend, forms: Forms) -> None:
        self._backend = backend
        self._forms = forms

    async def submit(self, request: Request, operation: str, handle: Handle) -> Response:
        """Answer a submission.

        :param request: the request.
        :param operation: what is submitted.
        :param handle: what answers it properly; it may raise :exc:`Refused`.
        """
        content = await request.body()
        counts = self._backend.counts
        fault = self._backend.faults.draw("submit", operation, inputs=content.decode(errors="replace"))
        if fault and not fault.taken and fault.kind != "slow_before_accept":
            counts.refused[fault.kind] += 1

        async def counted() -> Response:
            try:
                return await handle()
            except Refused as refused:
                counts.refused[refused.reason] += 1
                return refused.response

        return await self._answer(request, fault, counted)

    async def fetch(self, request: Request, job: Job | None, handle: Handle) -> Response:
        """Answer a question about the state of a job.

        :param request: the request.
        :param job: the job, where it is known.
        :param handle: what answers it properly; it may raise :exc:`Refused`.
        """
        self._backend.counts.fetches += 1
        if job is None:
            return await self.look(request, None, handle)
        job.fetches += 1
        return await self.look(request, job.submission.operation, handle, job.submission.inputs_text)

    async def look(
        self, request: Request, operation: str | None, handle: Handle, inputs: str = ""
    ) -> Response:
        """Answer a question that is not about a job, struck by faults on ``fetch`` all the same.

        :param request: the request.
        :param operation: what is asked.
        :param handle: what answers it properly; it may raise :exc:`Refused`.
        :param inputs: the inputs that the question is about, as one text.
        """
        await request.body()
        fault = self._backend.faults.draw("fetch", operation, inputs=inputs)

        async def answered() -> Response:
            try:
                return await handle()
            except Refused as refused:
                return refused.response

        return await self._answer(request, fault, answered)

    async def _answer(self, request: Request, fault: Fault | None, handle: Handle) -> Response:
        if fault is None:
            return await handle()
        self._backend.counts.faults[fault.kind] += 1
        return await spoil(request, fault, handle, self._forms)
