"""A stand-in for ModelsLab: a process of its own on loopback whose jobs take a while, and that counts."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

ETA, SPREAD = 25.0, 0.2
"""Seconds that a job takes by its eta, and the share by which that is wrong."""
CLIP = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(256 * 1024)


class Jobs:
    """The jobs so far, and what was counted since the last reading."""

    def __init__(self) -> None:
        self._random = random.Random(11)
        self._ends: list[float] = []
        self.port = 0
        self.clear()

    def clear(self) -> None:
        """Count from nothing."""
        self.connections, self.requests, self.videos = 0, 0, dict[str, dict[str, Any]]()

    def counted(self) -> dict[str, Any]:
        """Return the counts, and each new job's id and end by the video that it was submitted with."""
        return {"connections": self.connections, "requests": self.requests, "videos": self.videos}

    def answer(self, path: str, body: bytes) -> tuple[str, bytes]:
        """Return the type and the content of a reply."""
        self.requests += 1
        if path.startswith("/clip/"):
            return "video/mp4", CLIP
        if "/fetch/" in path:
            number = int(path.rpartition("/")[2])
            if time.time() < self._ends[number]:
                return _json({"status": "processing", "message": "", "output": [], "id": number})
            link = f"http://127.0.0.1:{self.port}/clip/{number}.mp4"
            return _json({"status": "success", "id": number, "output": [link]})
        number = len(self._ends)
        self._ends.append(time.time() + ETA * self._random.uniform(1 - SPREAD, 1 + SPREAD))
        self.videos[json.loads(body)["init_video"]] = {"job_id": str(number), "end": self._ends[number]}
        return _json({"status": "processing", "id": number, "eta": ETA, "output": []})


def _json(value: object) -> tuple[str, bytes]:
    return "application/json", json.dumps(value).encode()


class Connection(asyncio.Protocol):
    """One connection; answers every request as soon as its body is whole."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs, self.buffer = jobs, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count; asyncio sets TCP_NODELAY by itself."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.jobs.connections += 1

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            _, _, tail = head.lower().partition(b"content-length:")
            size = int(tail.split(b"\r\n")[0] or 0)
            if len(rest) < size:
                return
            self.buffer = rest[size:]
            self._answer(head.split(b" ", 2)[1].decode(), rest[:size])

    def _answer(self, path: str, body: bytes) -> None:
        if path == "/counts":
            self.jobs.connections -= 1  # the one of this reading
            kind, content = _json(self.jobs.counted())
            self.jobs.clear()
        else:
            kind, content = self.jobs.answer(path, body)
        self.transport.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )


@contextmanager
def vendor() -> Iterator[str]:
    """Run the vendor in a process of its own; yield its base URL."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.videos.vendor"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.communicate()


def counts(url: str) -> dict[str, Any]:
    """Return what the vendor counted since the last time."""
    found: dict[str, Any] = httpx.get(f"{url}/counts", trust_env=False).json()
    return found


async def serve() -> None:
    """Print the port; answer until the parent closes its end of the pipe, if only by dying."""
    jobs = Jobs()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(jobs), "127.0.0.1", 0, backlog=2000)
    jobs.port = server.sockets[0].getsockname()[1]
    print(jobs.port, flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
