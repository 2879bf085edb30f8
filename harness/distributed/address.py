"""One address for several servers, as a load balancer gives: each connection goes to the next one that is up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Sequence

from harness.cluster import ClusterError
from harness.settings import HOST

CHUNK = 64 * 1024


class OneAddress:
    """
    Passes connections on, in a thread.

    :param port: where to listen.
    :param servers: the ports of the servers.
    """

    def __init__(self, port: int, servers: Sequence[int]) -> None:
        self._port = port
        self._servers = list(servers)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

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

    async def _close(self) -> None:
        if self._server:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            server = await self._connect()
            if server is None:
                return
            answers, asks = server
            with contextlib.closing(asks):
                await asyncio.gather(_copy(reader, asks), _copy(answers, writer))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self._servers:
            self._servers.append(port := self._servers.pop(0))
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(HOST, port)
        return None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side ends, and end the other."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
