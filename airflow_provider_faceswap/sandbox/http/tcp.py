"""TCP connections within reach of the application, which counts them and can break them."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from airflow_provider_faceswap.sandbox.counts import Counts

EXTENSION = "sandbox.transport"


def counting_protocol(counts: Counts) -> type[H11Protocol]:
    """
    Return an HTTP protocol for uvicorn that counts connections and gives each request its transport.

    :param counts: where connections are counted.
    """

    class CountingProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            counts.connections += 1
            self.app = _with_transport(self.app, transport)

    return CountingProtocol


def _with_transport(app: Any, transport: asyncio.Transport) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[EXTENSION] = {"transport": transport}
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            # The sandbox stops in the middle of a slow answer: its client sees a broken connection.
            transport.abort()
            await asyncio.sleep(0)

    return wrapped


async def break_connection(request: Request) -> None:
    """
    Close the connection of a request; the client gets nothing that is sent afterwards.

    :param request: the request, its body read.
    """
    transport: asyncio.Transport = request.scope["extensions"][EXTENSION]["transport"]
    # Closing sends what is already written first; nothing more follows.
    transport.close()
    while (await request.receive())["type"] != "http.disconnect":
        pass
