"""A host of clips on loopback, with ranges and without."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from tests.storage.conftest import Cdn
from tests.storage.conftest import _server as _server
from tests.storage.conftest import cdn as cdn


class Host:
    """
    Lends clips, and counts what it was asked for.

    :param cdn: the server.
    """

    def __init__(self, cdn: Cdn) -> None:
        self.cdn = cdn
        self.bytes = 0
        self.requests = 0

    @property
    def url(self) -> str:
        return self.cdn.url

    def lend(self, body: bytes, ranges: bool = True, **headers: str) -> str:
        async def handler(request: web.Request) -> web.Response:
            self.requests += 1
            if not ranges:
                return web.Response(body=body, headers=headers)
            wanted = request.http_range
            start, stop = wanted.start or 0, min(wanted.stop or len(body), len(body))
            if start >= len(body):
                return web.Response(status=416)
            self.bytes += stop - start
            said = {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}", **headers}
            return web.Response(status=206, body=body[start:stop], headers=said)

        return self.cdn.on("/secret/clip.mp4", handler) + "?token=t0k3n"

    def on(self, path: str, handler: Any) -> str:
        return self.cdn.on(path, handler)


@pytest.fixture
def host(cdn: Cdn) -> Host:
    return Host(cdn)
