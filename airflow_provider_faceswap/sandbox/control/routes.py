"""The control routes; ``manual.py`` describes them."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.callbacks.policy import CallbackPolicy
from airflow_provider_faceswap.sandbox.control import manual
from airflow_provider_faceswap.sandbox.faults.fault import Fault
from airflow_provider_faceswap.sandbox.http.responses import json_response
from airflow_provider_faceswap.sandbox.jobs.progress import Progress
from airflow_provider_faceswap.sandbox.settings import SegmindOptions

Model = TypeVar("Model", bound=BaseModel)
RULES: dict[str, type[BaseModel]] = {"progress": Progress, "faults": Fault, "callbacks": CallbackPolicy}


class Queue(BaseModel):
    """The limit of unfinished jobs."""

    model_config = ConfigDict(extra="forbid")

    max_queued: int | None = Field(ge=0)


class Account(BaseModel):
    """The credits that a vendor's account is to have."""

    model_config = ConfigDict(extra="forbid")

    vendor: Literal["segmind", "aifaceswap"]
    credits: float = Field(ge=0)


class Control:
    """
    The control routes of one sandbox.

    :param backend: the state that they read and set.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def routes(self) -> list[Route]:
        """Return the routes."""
        rules = (
            Route(f"/_sandbox/{name}", partial(self.rules, name), methods=["GET", "POST", "DELETE"])
            for name in RULES
        )
        return [
            Route("/_sandbox/", self.manual),
            *rules,
            Route("/_sandbox/credits", self.credits, methods=["GET", "POST"]),
            Route("/_sandbox/segmind", self.segmind, methods=["GET", "POST"]),
            Route("/_sandbox/queue", self.queue, methods=["GET", "POST"]),
            Route("/_sandbox/counts", self.counts),
            Route("/_sandbox/jobs", self.jobs),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
            Route("/_sandbox/elsewhere", self.elsewhere, methods=["GET", "POST"], name="elsewhere"),
        ]

    async def manual(self, request: Request) -> Response:
        """Answer with the manual."""
        return PlainTextResponse(manual.__doc__)

    async def rules(self, name: str, request: Request) -> Response:
        """List, add or remove faults, or policies for progress or callbacks."""
        rules = getattr(self._backend, name)
        if request.method == "POST":
            rules.add(await _read(request, RULES[name]))
        elif request.method == "DELETE":
            rules.clear()
        return json_response({name: rules.listing()})

    async def credits(self, request: Request) -> Response:
        """Read or set the credits of the accounts."""
        if request.method == "POST":
            account = await _read(request, Account)
            self._backend.credits.set(account.vendor, account.credits)
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
        """Answer with what was seen."""
        jobs = self._backend.jobs
        fetches = {str(job.id): job.fetches for job in jobs.listing()}
        seen: dict[str, Any] = self._backend.counts.to_json()
        return json_response(seen | {"queued": jobs.queued, "fetches_by_job": fetches})

    async def jobs(self, request: Request) -> Response:
        """Answer with all jobs, or those that the query selects."""
        listing = [job.to_json() for job in self._backend.jobs.listing()]
        for name, value in request.query_params.items():
            listing = [job for job in listing if str(job.get(name)) == value]
        return json_response({"jobs": listing})

    async def reset(self, request: Request) -> Response:
        """Start again."""
        self._backend.reset()
        return json_response({"reset": True})

    async def elsewhere(self, request: Request) -> Response:
        """Count a request that followed the ``redirect`` fault: no client should."""
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
    """Answer a control request that cannot be read."""
    return json_response({"error": str(error)}, 400)
