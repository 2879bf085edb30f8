"""What all users of a connection share in one event loop: its settings, one client, one throttle."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import AuthenticationError, FaceSwapError, PollError, loggable
from airflow_provider_faceswap.hooks.throttle import Throttle

if TYPE_CHECKING:
    import httpx

    from airflow_provider_faceswap.hooks.settings import Settings

log = logging.getLogger(__name__)

RENEW = 60.0
"""Seconds after which the connection is read again: it may be edited while a job is waited for."""
RECENT = 5.0
"""Seconds for which a reading is good enough for a newcomer, or after the vendor refused the key."""


@dataclass(eq=False)
class Lease:
    """A client, the settings it was made from, and how many requests it runs."""

    client: httpx.AsyncClient
    settings: Settings
    running: int = 0


class SharedClient:
    """
    One connection's client in one event loop, with its settings and its throttle.

    :param load: reads the Airflow connection.
    :param transport: replaces the network.
    """

    def __init__(
        self, load: Callable[[], Awaitable[Settings]], transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self.users = 0
        self.throttle = Throttle()
        self._load = load
        self._transport = transport
        self._lease: Lease | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._renewed_at = -math.inf

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Lease]:
        """
        Wait for this request's turn, then lend the client, made from the settings as they are by then.

        :raises PollError: while the vendor wants no requests.
        """
        async with self.throttle.acquire():
            if self._lease is None:
                raise RuntimeError("a shared client is used after its last user has left")
            lease = self._lease
            lease.running += 1
            try:
                yield lease
            finally:
                lease.running -= 1
                if lease is not self._lease:
                    await _close_unused(lease)

    def on_error(self, error: FaceSwapError, settings: Settings) -> None:
        """
        Draw from one answer what it means for all requests.

        :param error: what the reply was read as.
        :param settings: those that the request was sent with.
        """
        if isinstance(error, PollError) and error.retry_after:
            self.throttle.pause(error.retry_after)
        elif isinstance(error, AuthenticationError) and self._lease and settings is self._lease.settings:
            self._renew_after(RECENT)

    async def ready(self, max_age: float) -> None:
        """
        Have a client; read the connection again, beside the requests, once the last reading is too old.

        :param max_age: the age in seconds up to which a reading will do.
        """
        if self._lease is None:
            # Shielded: one user that is cancelled must not take the others' reading along.
            await asyncio.shield(self._renew())
        else:
            self._renew_after(max_age)

    async def close(self) -> None:
        """Close the client and forget the settings."""
        lease, self._lease = self._lease, None
        if lease:
            await _close_unused(lease)

    def _renew_after(self, seconds: float) -> None:
        if asyncio.get_running_loop().time() - self._renewed_at >= seconds:
            self._renew()

    def _renew(self) -> asyncio.Task[None]:
        if self._renewal is None or self._renewal.done():
            self._renewed_at = asyncio.get_running_loop().time()
            self._renewal = asyncio.create_task(self._read())
            # Those who wait see its error; with nobody waiting it has been logged.
            self._renewal.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._renewal

    async def _read(self) -> None:
        try:
            settings = await self._load()
            if self._lease and settings == self._lease.settings:
                return
            new = Lease(await asyncio.to_thread(_make_client, settings, self._transport), settings)
        except Exception as error:
            if self._lease is None:
                raise
            log.warning(
                "The connection's last settings stay in use: it cannot be read again: %s", loggable(error)
            )
            return
        old, self._lease = self._lease, new
        self.throttle.adjust(settings)
        if old:
            log.info("The connection has changed: requests go to %s from now on", settings.base_url)
            await _close_unused(old)
        if not self.users:
            await self.close()


_clients: dict[asyncio.AbstractEventLoop, dict[Hashable, SharedClient]] = {}
_closings: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def shared_client(
    key: Hashable,
    load: Callable[[], Awaitable[Settings]],
    transport: httpx.AsyncBaseTransport | None = None,
    max_age: float = RENEW,
) -> AsyncIterator[SharedClient]:
    """
    Use a connection's client in the running loop; the last user to leave closes it.

    :param key: names the connection.
    :param load: reads it.
    :param transport: replaces the network.
    :param max_age: the age in seconds up to which an earlier reading of the connection will do.
    """
    for loop in [loop for loop in _clients if loop.is_closed()]:
        del _clients[loop]
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    # The entry stays after its last user, for its throttle: those who come and go keep to the limit, too.
    shared = clients.setdefault((key, transport), SharedClient(load, transport))
    shared.users += 1
    try:
        await shared.ready(max_age)
        yield shared
    finally:
        shared.users -= 1
        if not shared.users:
            await shared.close()


def _make_client(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    # In a thread, since the import and the certificates would block the loop for a tenth of a second.
    made: httpx.AsyncClient = import_module("airflow_provider_faceswap.hooks.client").make_client(
        settings, transport
    )
    return made


async def _close_unused(lease: Lease) -> None:
    if lease.running:
        return
    # A task of its own: whoever left may be cancelled again while it closes.
    closing = asyncio.create_task(lease.client.aclose())
    _closings.add(closing)
    closing.add_done_callback(_closings.discard)
    await asyncio.shield(closing)
