"""A picture or a clip on its way to a browser: piece by piece, never in memory as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.media import Medium
from airflow_provider_faceswap.pages.ranges import Answer, answer_to
from airflow_provider_faceswap.pages.threads import REQUESTS, Threads, Turns, busy
from airflow_provider_faceswap.storage.formats import CHUNK

STALL = 15.0
"""Seconds for which a client may take nothing: less than others wait for their turn. A browser that paused a
clip asks for the rest later."""

HEADERS = {
    "cache-control": "private, no-cache",  # kept, and asked for again: the right to see it may be gone
    "x-content-type-options": "nosniff",
    # Of a picture that is opened alone: browsers show it in a small page of their own.
    "content-security-policy": "default-src 'none'; img-src 'self'; media-src 'self'; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}


class Door:
    """
    Turns requests away while many are inside: before anything is asked of the database for them.

    :param app: what is inside.
    :param most: requests inside at once.
    """

    def __init__(self, app: ASGIApp, most: int = REQUESTS) -> None:
        self._app = app
        self._left = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        app = self._app if self._left > 0 else not_shown(busy())
        self._left -= 1
        try:
            await app(scope, receive, send)
        finally:
            self._left += 1


def not_shown(error: NotShownError) -> JSONResponse:
    """Return the response that says why something is not shown."""
    headers = {**HEADERS, "cache-control": "no-store"}
    if error.reason == "busy":
        headers["retry-after"] = "5"
    return JSONResponse({"detail": error.detail, "reason": error.reason}, error.status, headers)


class MediumResponse(Response):
    """
    Opens a medium, sends what is asked for of it, and closes it.

    :param open_medium: opens it.
    :param threads: where it is opened and read.
    :param turns: how many are open at once.
    """

    def __init__(self, open_medium: Callable[[], Awaitable[Medium]], threads: Threads, turns: Turns) -> None:
        super().__init__()
        self._open = open_medium
        self._threads = threads
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; nothing is open before, or after."""
        try:
            async with self._turns.take():
                medium = await self._open()
                try:
                    await self._send(medium, scope, receive, send)
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._threads.run(medium.close)
        except NotShownError as error:
            await not_shown(error)(scope, receive, send)

    async def _send(self, medium: Medium, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        answer = answer_to(request.headers, medium.size, medium.etag)
        headers = {
            **HEADERS,
            "etag": medium.etag,
            "accept-ranges": "bytes",
            "content-encoding": "identity",  # else Airflow's middleware compresses it once more
            **answer.headers(medium.size),
        }
        if answer.status in (200, 206) and request.method != "HEAD":
            body = self._pieces(medium, answer)
        else:
            body = _nothing()
        response = StreamingResponse(body, answer.status, headers, medium.content_type)

        async def send_in_time(message: Message) -> None:
            with anyio.fail_after(STALL):
                await send(message)

        try:
            await response(scope, receive, send_in_time)
        except (TimeoutError, _BrokenOffError):
            return  # the server closes a connection on which less was sent than was announced

    async def _pieces(self, medium: Medium, answer: Answer) -> AsyncIterator[bytes]:
        position = answer.start
        while position < answer.end:
            start, most = position, min(CHUNK, answer.end - position)
            try:
                piece = await self._threads.run(lambda start=start, most=most: medium.read(start, most))  # type: ignore[misc]
            except Exception as error:  # each store has errors of its own
                raise _BrokenOffError from error
            if not piece:  # it became shorter meanwhile
                raise _BrokenOffError
            position += len(piece)
            yield piece


class _BrokenOffError(Exception):
    """No more can be sent."""


async def _nothing() -> AsyncIterator[bytes]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece
