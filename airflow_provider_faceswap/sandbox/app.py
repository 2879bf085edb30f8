"""The sandbox as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from airflow_provider_faceswap.sandbox.aifaceswap.routes import AIFaceSwap
from airflow_provider_faceswap.sandbox.backend import Backend
from airflow_provider_faceswap.sandbox.control.pages import Pages
from airflow_provider_faceswap.sandbox.control.routes import BadControl, Control, bad_control
from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.http.local import LocalOnly
from airflow_provider_faceswap.sandbox.http.responses import json_response
from airflow_provider_faceswap.sandbox.modelslab.routes import ModelsLab
from airflow_provider_faceswap.sandbox.segmind.routes import Segmind
from airflow_provider_faceswap.sandbox.settings import Settings

# ModelsLab is last: it answers for all of /api/ that belongs to no other vendor.
FRONTS = (AIFaceSwap, Segmind, ModelsLab)


class CountRequests:
    """
    Counts requests, except those to the control routes.

    :param app: the application behind.
    :param counts: where requests are counted.
    """

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request and pass it on."""
        if scope["type"] == "http" and not scope["path"].startswith("/_sandbox/"):
            self._counts.requests += 1
        await self._app(scope, receive, send)


async def _server_error(request: Request, error: Exception) -> Response:
    return json_response({"status": "error", "message": "Internal server error."}, 500)


async def _client_left(request: Request, error: Exception) -> Response:
    return Response(status_code=400)


def create_app(settings: Settings | None = None) -> Starlette:
    """
    Create a sandbox; its :class:`Backend` is ``app.state.backend``.

    :param settings: what it is started with.
    """
    backend = Backend(settings or Settings())
    fronts = [front(backend) for front in FRONTS]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await backend.close()

    app = Starlette(
        routes=[
            *Pages(backend, [endpoint for front in fronts for endpoint in front.endpoints]).routes(),
            *Control(backend).routes(),
            *(route for front in fronts for route in front.routes()),
        ],
        middleware=[Middleware(LocalOnly), Middleware(CountRequests, counts=backend.counts)],
        exception_handlers={
            BadControl: bad_control,
            ClientDisconnect: _client_left,
            Exception: _server_error,
        },
        lifespan=lifespan,
    )
    app.state.backend = backend
    return app
