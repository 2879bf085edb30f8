"""The control routes, under ``/_sandbox/``; ``manual.py`` describes them."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox import manual
from airflow_provider_faceswap.sandbox.answers import json_response
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.callbacks import CallbackPolicy
from airflow_provider_faceswap.sandbox.faults import Fault
from airflow_provider_faceswap.sandbox.progress import Progress
from airflow_provider_faceswap.sandbox.segmind_options import SegmindOptions

Model = TypeVar("Model", bound=BaseModel)


class Queue(BaseModel):
    """The limit of unfinished jobs."""

    model_config = ConfigDict(extra="forbid")

    max_queued: int | None = Field(ge=0)


class Account(BaseModel):
    """What a vendor's account is to hold."""

    model_config = ConfigDict(extra="forbid")

    vendor: Literal["segmind", "aifaceswap"]
    credits: float = Field(ge=0)


class Control:
    """The control routes of one sandbox.

    :param backend: what they read and set.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """The paths under ``/_sandbox/``."""
        return [
            Route("/_sandbox/", self.manual),
            Route("/_sandbox/progress", self.progress, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/callbacks", self.callbacks, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/credits", self.credits, methods=["GET", "POST"]),
            Route("/_sandbox/segmind", self.segmind, methods=["GET", "POST"]),
            Route("/_sandbox/queue", self.queue, methods=["GET", "POST"]),
            Route("/_sandbox/counts", self.counts),
            Route("/_sandbox/jobs", self.jobs),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
            Route("/_sandbox/elsewhere", self.elsewhere, methods=["GET", "POST"], name="elsewhere"),
        ]

    async def manual(self, request: Request) -> Response:
        """What there is to control."""
        return PlainTextResponse(manual.__doc__)

    async def progress(self, request: Request) -> Response:
        """Read or set how jobs go on."""
        book = self._backend.progress
        if request.method == "POST":
            book.add(await _read(request, Progress))
        elif request.method == "DELETE":
            book.clear()
        return json_response({"progress": book.listing()})

    async def faults(self, request: Request) -> Response:
        """Read or set what goes wrong."""
        book = self._backend.faults
        if request.method == "POST":
            book.add(await _read(request, Fault))
        elif request.method == "DELETE":
            book.clear()
        return json_response({"faults": book.listing()})

    async def callbacks(self, request: Request) -> Response:
        """Read or set how clients are called back."""
        book = self._backend.callbacks
        if request.method == "POST":
            book.add(await _read(request, CallbackPolicy))
        elif request.method == "DELETE":
            book.clear()
        return json_response({"callbacks": book.listing()})

    async def credits(self, request: Request) -> Response:
        """Read or set what the accounts hold."""
        if request.method == "POST":
            account = await _read(request, Account)
            self._backend.credits.put(account.vendor, account.credits)
        return json_response({"credits": self._backend.credits.listing()})

    async def segmind(self, request: Request) -> Response:
        """Read or set the choices about Segmind."""
        if request.method == "POST":
            given = (await _read(request, SegmindOptions)).model_dump(exclude_unset=True)
            self._backend.segmind = self._backend.segmind.model_copy(update=given)
        return json_response({"segmind": self._backend.segmind.model_dump()})

    async def queue(self, request: Request) -> Response:
        """Read or set the limit of unfinished jobs."""
        jobs = self._backend.jobs
        if request.method == "POST":
            jobs.max_queued = (await _read(request, Queue)).max_queued
        return json_response({"max_queued": jobs.max_queued, "queued": jobs.queued})

    async def counts(self, request: Request) -> Response:
        """What was seen."""
        jobs = self._backend.jobs
        fetches = {str(job.id): job.fetches for job in jobs.listing()}
        seen: dict[str, Any] = self._backend.counts.to_json()
        return json_response(seen | {"queued": jobs.queued, "fetches_by_job": fetches})

    async def jobs(self, request: Request) -> Response:
        """All jobs."""
        listing = [job.to_json() for job in self._backend.jobs.listing()]
        for name, value in request.query_params.items():
            listing = [job for job in listing if str(job.get(name)) == value]
        return json_response({"jobs": listing})

    async def reset(self, request: Request) -> Response:
        """Start anew."""
        self._backend.reset()
        return json_response({"reset": True})

    async def elsewhere(self, request: Request) -> Response:
        """Where the ``redirect`` fault leads: nobody should come here."""
        self._backend.counts.redirects_followed += 1
        return json_response({"status": "error", "message": "redirects must not be followed"}, 400)


class BadControl(Exception):
    """A control request that cannot be read."""


async def _read(request: Request, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in error.errors()]
        raise BadControl("; ".join(problems)) from error


async def bad_control(request: Request, error: Exception) -> Response:
    """The answer to a control request that cannot be read."""
    return json_response({"error": str(error)}, 400)
