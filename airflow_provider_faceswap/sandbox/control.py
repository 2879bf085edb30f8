"""The control routes, under ``/_sandbox/``. They speak JSON; this text is what ``GET /_sandbox/`` answers.

``POST /_sandbox/progress`` with ``{"operation": "single_video_swap", "after_seconds": 3, "eta": 12.5}``
    How jobs that are accepted from now on go: ``after_seconds`` and ``after_reads`` (so many fetches
    still find the job running) must both hold, neither means that the submission's answer carries the
    end. ``operation`` left out: all. ``eta`` left out: follows ``after_seconds``; ``null``: the vendor
    reports none. ``outcome``: ``success``, ``failed``, ``congested`` (fails with "Try Again"), ``never``.
    ``message``: the words of a failure. ``times``: for so many submissions only. The newest policy that
    matches decides. ``GET`` lists, ``DELETE`` goes back to the defaults.
``POST /_sandbox/faults`` with ``{"kind": "accept_then_break", "on": "submit", "every": 3, "times": 2}``
    What goes wrong. ``on``: ``submit`` (the default), ``fetch``, or ``media`` (for the ``media_`` kinds).
    ``rate`` (0 to 1, dice with a fixed seed), ``every`` (the n-th of the matching requests) and ``times``
    (at most so often; on ``media`` for each file) say when; none means always. ``operation`` narrows it.
    ``accepted`` overrides whether a submission is accepted although its answer is spoilt: by default so
    with ``accept_then_break``, ``slow_answer``, ``truncated_json``, ``empty``, ``html_200`` and
    ``unknown_status``. Parameters: ``seconds`` (slow kinds), ``retry_after`` (refusals; ``null``: none
    reported), ``location`` (``redirect``), ``status`` (``unknown_status``). Kinds: ``accept_then_break``,
    ``break_before_accept``, ``slow_answer``, ``slow_before_accept``, ``server_error``, ``bad_gateway``,
    ``rate_limited``, ``rate_limited_200``, ``queue_full``, ``no_credits``, ``truncated_json``, ``empty``,
    ``html_200``, ``redirect``, ``unknown_status``, ``media_404``, ``media_truncated``, ``media_html``.
    The first fault that strikes wins. ``GET`` lists with strikes, ``DELETE`` removes all.
``POST /_sandbox/queue`` with ``{"max_queued": 5}``
    How many unfinished jobs the account may hold; ``null``: no limit.
``GET /_sandbox/counts``
    What was seen: ``accepted``, ``refused``, ``duplicates``, ``fetches``, ``fetches_by_job``,
    ``media_reads``, ``connections``, ``requests``, ``renderings``, ``faults``, ``webhooks``,
    ``redirects_followed``, ``queued``, ``peak_queued``.
``GET /_sandbox/jobs``
    All jobs, the oldest first; ``?state=processing`` or ``?operation=...`` narrows it.
``POST /_sandbox/reset``
    Forgets jobs, counts, faults and policies. Ids go on, and so do open connections.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from airflow_provider_faceswap.sandbox.answers import json_response
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.faults import Fault
from airflow_provider_faceswap.sandbox.progress import Progress

Model = TypeVar("Model", bound=BaseModel)


class Queue(BaseModel):
    """The limit of unfinished jobs."""

    model_config = ConfigDict(extra="forbid")

    max_queued: int | None = Field(ge=0)


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
            Route("/_sandbox/queue", self.queue, methods=["GET", "POST"]),
            Route("/_sandbox/counts", self.counts),
            Route("/_sandbox/jobs", self.jobs),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
            Route("/_sandbox/elsewhere", self.elsewhere, methods=["GET", "POST"], name="elsewhere"),
        ]

    async def manual(self, request: Request) -> Response:
        """What there is to control."""
        return PlainTextResponse(__doc__)

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
