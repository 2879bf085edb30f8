"""
The receiver: the FastAPI app that vendors call back.

It stands open to the world. A caller is nobody until the signature in its URL is verified; before that
nothing is read and nothing is touched. After that it may leave a small body in the inbox, and learns nothing.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import cached_property

import anyio
from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from airflow_provider_faceswap.callbacks.body import RubbishError, readable
from airflow_provider_faceswap.callbacks.config import callback_secrets, inbox_url
from airflow_provider_faceswap.callbacks.inbox import Inbox, Put
from airflow_provider_faceswap.callbacks.tokens import Token, verify
from airflow_provider_faceswap.exceptions import FaceSwapError, SettingsError, TokenError

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024
BODY_SECONDS = 10.0
"""How long a caller may take to send its body."""
KEEP_SECONDS = 20.0
"""How long the inbox may take; the caller is told to come again then."""
THREADS, MAX_WAITING = 4, 256

_ANSWERS = {
    400: "broken off",
    401: "unknown",
    408: "too slow",
    409: "this job has had its answers",
    413: "too large",
    422: "not a callback",
    503: "not now",
}


@dataclass(frozen=True)
class Ready:
    """What the receiver needs of its configuration."""

    secrets: tuple[str, ...]
    inbox: Inbox


class Refused(Exception):
    """A callback is not taken."""

    def __init__(self, status: int, *, unread: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.unread = unread


class Receiver:
    """Takes callbacks. Its threads are its own, so that a slow inbox never delays Airflow's API."""

    def __init__(self) -> None:
        self._problem = ""
        self._ready: Ready | None = None

    async def receive(self, vendor: str, token: str, request: Request) -> JSONResponse:
        """Take one callback, or say by a status alone that it is not taken."""
        try:
            put = await self._take(vendor, token, request)
        except Refused as refused:
            # A connection whose rest was not read is of no further use.
            headers = {"Connection": "close"} if refused.unread else {}
            if refused.status == 503:
                headers["Retry-After"] = "30"
            return JSONResponse({"detail": _ANSWERS[refused.status]}, refused.status, headers)
        except ClientDisconnect:
            return JSONResponse({"detail": _ANSWERS[400]}, 400)
        except Exception as error:  # whatever it is, its text may hold what was sent
            log.error("A callback of %s was not taken: %s", vendor[:32], type(error).__name__)
            return JSONResponse({"detail": _ANSWERS[503]}, 503)
        return JSONResponse({"status": put.value})

    async def _take(self, vendor: str, text: str, request: Request) -> Put:
        ready = self._ready or await self._get_ready()
        try:
            token = verify(text, vendor, ready.secrets, time.time())
        except TokenError as error:
            log.debug("A callback was refused: %s", error)
            raise Refused(401, unread=True) from None
        body = await _read(request)
        try:
            body = readable(body, request.headers.get("content-type", ""))
        except RubbishError as error:
            log.info("A callback of %s for %s was refused: %s", token.vendor, token.nonce, error)
            raise Refused(422) from None
        put = await self._keep(ready.inbox, token, body)
        _tell(token, put)
        if put is Put.FULL:
            raise Refused(409)
        return put

    async def _keep(self, inbox: Inbox, token: Token, body: bytes) -> Put:
        if self._limiter.statistics().tasks_waiting >= MAX_WAITING:
            log.error("Callbacks are refused for now: the inbox is too slow")
            raise Refused(503)
        try:
            with anyio.fail_after(KEEP_SECONDS):
                return await to_thread.run_sync(
                    inbox.put, token.vendor, token.nonce, body, limiter=self._limiter, abandon_on_cancel=True
                )
        except TimeoutError:
            log.error("A callback of %s waits for the inbox for %.0f s", token.vendor, KEEP_SECONDS)
        except FaceSwapError as error:
            log.error("A callback of %s was not kept: %s", token.vendor, error)
        raise Refused(503)

    async def _get_ready(self) -> Ready:
        if not self._problem:
            try:
                # In a thread: a secret may come from a command or a secrets backend.
                secrets = await to_thread.run_sync(callback_secrets, limiter=self._limiter)
                self._ready = Ready(secrets, Inbox(inbox_url()))
            except SettingsError as error:
                self._problem = str(error)
                log.error(
                    "Callbacks cannot be received until this is mended and the API server restarted: %s",
                    error,
                )
        if self._ready is None:
            raise Refused(503, unread=True)
        return self._ready

    @cached_property
    def _limiter(self) -> anyio.CapacityLimiter:
        # Not in __init__: it belongs to the event loop that runs.
        return anyio.CapacityLimiter(THREADS)


async def _read(request: Request) -> bytes:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MAX_BYTES:
        raise Refused(413, unread=True)
    body = bytearray()
    try:
        with anyio.fail_after(BODY_SECONDS):
            async for chunk in request.stream():
                if len(body) + len(chunk) > MAX_BYTES:
                    raise Refused(413, unread=True)
                body += chunk
    except TimeoutError:
        raise Refused(408, unread=True) from None
    return bytes(body)


def _tell(token: Token, put: Put) -> None:
    if put is Put.KEPT:
        late = ", late" if token.expired else ""
        log.info("A callback of %s was kept as %s%s", token.vendor, token.nonce, late)
    else:  # whoever knows the URL may repeat this without end
        log.debug("A callback of %s for %s: %s", token.vendor, token.nonce, put.value)


def make_app() -> FastAPI:
    """Make the app, with one route and no documentation pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_api_route(
        "/callbacks/{vendor}/{token}", Receiver().receive, methods=["POST"], response_model=None
    )
    return app
