"""A vendor on loopback, and what the tests of an event loop wait with."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx

from airflow_provider_faceswap.apis.modelslab import Fetch

FETCH = Fetch(job_id="278")
RUNNING = {"status": "processing", "output": ""}
WRONG_KEY = {"status": "error", "message": "Invalid API key"}


class Vendor:
    """Answers on loopback; keeps the keys and counts the connections."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.connections = self.open = self.most_open = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.good_key: str | None = None
        self.url = ""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                self.keys.append(json.loads(await reader.readexactly(size))["key"])
                await self.answers.wait()
                refused = self.good_key not in (None, self.keys[-1])
                body = json.dumps(WRONG_KEY if refused else RUNNING).encode()
                writer.write(b"HTTP/1.1 %d .\r\n" % (401 if refused else 200))
                writer.write(b"Content-Length: %d\r\nSet-Cookie: a=b\r\n\r\n%s" % (len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


def answering(status: int = 200, headers: dict[str, str] | None = None, body: Any = RUNNING) -> Any:
    sent: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(asyncio.get_running_loop().time())
        return httpx.Response(status, headers=headers, json=body)

    transport = httpx.MockTransport(answer)
    return transport, sent


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.005)


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer, and takes a microsecond for each of its turns."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__()
        selector: Any = self._selector  # type: ignore[attr-defined]
        select = selector.select

        def jump(timeout: float | None) -> Any:
            ready = select(None if timeout is None else 0)
            self.now += 1e-6 if ready or not timeout else timeout
            return ready

        selector.select = jump

    def time(self) -> float:
        return self.now
