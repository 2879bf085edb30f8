"""One address for several servers, as a load balancer gives; only those that are ready get connections."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Sequence

from harness.cluster import ClusterError
from harness.settings import HOST

CHUNK = 64 * 1024
INTERVAL = 0.5
"""Seconds between two questions whether a server is ready."""
READY = b" 200 "

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class OneAddress:
    """
    Passes connections on, in a thread.

    :param port: where to listen.
    :param servers: the ports of the servers.
    :param ready_path: what a ready server answers with 200; the rest get no connection.
    """

    def __init__(self, port: int, servers: Sequence[int], ready_path: str) -> None:
        self._port = port
        self._servers = list(servers)
        self._question = f"GET {ready_path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        self._ready: set[int] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def waiting(self) -> set[int]:
        """The servers that are not ready."""
        return set(self._servers) - self._ready

    def forget(self, port: int) -> None:
        """Give a server no connection until it says again that it is ready."""
        self._loop.call_soon_threadsafe(self._ready.discard, port)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._run(self._listen())

    def stop(self) -> None:
        """Break all connections and stop listening."""
        if self._thread.is_alive():
            self._run(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> None:
        try:
            self._server = await asyncio.start_server(self._pass_on, HOST, self._port)
        except OSError as error:
            raise ClusterError(f"cannot listen on port {self._port}: {error}") from error
        self._watchers = [asyncio.create_task(self._watch(port)) for port in self._servers]

    async def _close(self) -> None:
        if self._server:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _watch(self, port: int) -> None:
        while True:
            if await self._is_ready(port):
                self._ready.add(port)
            else:
                self._ready.discard(port)
            await asyncio.sleep(INTERVAL)

    async def _is_ready(self, port: int) -> bool:
        with contextlib.suppress(OSError):
            answers, asks = await asyncio.open_connection(HOST, port)
            with contextlib.closing(asks):
                asks.write(self._question)
                return READY in await answers.readline()
        return False

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            if server := await self._connect():
                answers, asks = server
                with contextlib.closing(asks):
                    await asyncio.gather(_copy(reader, asks), _copy(answers, writer))

    async def _connect(self) -> Streams | None:
        for port in self._servers[:]:
            if port in self._ready:
                # The next connection begins with the servers after this one.
                self._servers.remove(port)
                self._servers.append(port)
                with contextlib.suppress(OSError):
                    return await asyncio.open_connection(HOST, port)
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side ends, and end the other."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    writer.close()
