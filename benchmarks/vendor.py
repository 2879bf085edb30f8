"""A stand-in vendor for the benchmarks: a process of its own on loopback that answers, and counts."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

PROCESSING = {"status": "processing", "id": 278, "eta": 1, "output": []}
REPLIES = {
    "processing": (200, {}, PROCESSING),
    "401": (401, {}, {"status": "error", "message": "Invalid API key"}),
    "429": (429, {}, {"status": "error", "message": "Rate limit exceeded"}),
    "429-after": (429, {"Retry-After": "5"}, {"status": "error", "message": "Rate limit exceeded"}),
}


class Vendor(asyncio.Protocol):
    """One connection; answers every request with the chosen reply as soon as its body is whole."""

    connections = open_now = most_open = 0
    arrivals: ClassVar[list[float]] = []
    reply = b""
    extra: ClassVar[dict[str, Any]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count; asyncio sets TCP_NODELAY by itself."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""
        Vendor.connections += 1
        Vendor.open_now += 1
        Vendor.most_open = max(Vendor.most_open, Vendor.open_now)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count."""
        Vendor.open_now -= 1

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
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        if not head.startswith(b"GET /counts"):
            Vendor.arrivals.append(time.time())
            self.transport.write(Vendor.reply)
            return
        own = 1  # the connection of this reading
        counted = {
            "connections": Vendor.connections - own,
            "open": Vendor.open_now - own,
            "most_open": Vendor.most_open,
            "arrivals": Vendor.arrivals,
            **Vendor.extra,
        }
        Vendor.connections, Vendor.most_open, Vendor.arrivals = 0, 0, []
        self.transport.write(wire(200, {"Connection": "close"}, counted))
        self.transport.close()


def wire(status: int, headers: dict[str, str], body: object) -> bytes:
    """Return a reply as it goes over the wire."""
    content = json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + content


@contextmanager
def vendor(reply: str = "processing") -> Iterator[str]:
    """
    Run the vendor in a process of its own; yield its base URL.

    :param reply: one of :data:`REPLIES`.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.vendor", reply],
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
    """Return what the vendor counted since the last time: connections, open ones, arrivals' times."""
    with urllib.request.urlopen(f"{url}/counts") as reply:
        found: dict[str, Any] = json.load(reply)
    return found


async def serve(reply: str) -> None:
    """Print the port; answer until the parent closes its end of the pipe, if only by dying."""
    Vendor.reply = wire(*REPLIES[reply])
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
