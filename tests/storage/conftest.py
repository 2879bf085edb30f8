"""A server on loopback that a test sets up to answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

MP4 = b"\x00\x00\x00\x0cftypisom\x00\x00\x00\x00mdat" + bytes(range(256)) * 2000
JPEG = b"\xff\xd8\xff\xe0" + b"jpeg" * 500
Handler = Callable[[web.Request], Any]


class Cdn:
    """Answers each path as a test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.asked: list[str] = []
        self.headers: list[Any] = []
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.headers.append(request.headers)
        response: web.StreamResponse = await self.handlers[request.path](request)
        return response

    def give(self, path: str, body: bytes = MP4, status: int = 200, **headers: str) -> str:
        async def handler(request: web.Request) -> web.Response:
            return web.Response(body=body, status=status, headers=headers)

        return self.on(path, handler)

    def on(self, path: str, handler: Handler) -> str:
        self.handlers[path] = handler
        return self.url + path


@pytest.fixture(scope="session")
def _server() -> Iterator[Cdn]:
    server = Cdn()
    loop = asyncio.new_event_loop()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", server.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    loop.run_until_complete(runner.setup())
    site = web.TCPSite(runner, "127.0.0.1", 0)
    loop.run_until_complete(site.start())
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(runner.cleanup())
    loop.close()


@pytest.fixture
def cdn(_server: Cdn) -> Cdn:
    _server.handlers.clear()
    _server.asked.clear()
    _server.headers.clear()
    return _server


@pytest.fixture(params=["file", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty folder, on each of the two."""
    if request.param == "file":
        return f"file://{tmp_path}/out"
    return f"{request.getfixturevalue('s3').url}/{tmp_path.name}/out"
