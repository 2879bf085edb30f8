"""What all users of a connection share in one event loop: its settings, one client, one pace."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import AuthenticationError, FaceSwapError, LookError
from airflow_provider_faceswap.hooks.pace import Pace

if TYPE_CHECKING:
    import httpx

    from airflow_provider_faceswap.hooks.settings import Settings

log = logging.getLogger(__name__)

RENEW = 60.0
"""Seconds after which the connection is read again: it may be edited while a job is waited for."""
RECENT = 5.0
"""Seconds for which a reading is good enough for a newcomer, or after the vendor refused the key."""


@dataclass(eq=False)
class Lent:
    """A client, the settings it was made from, and how many calls it runs."""

    client: httpx.AsyncClient
    settings: Settings
    calls: int = 0


class Line:
    """
    One connection's line to its vendor, in one event loop.

    :param load: reads the Airflow connection.
    :param transport: stands in for the network.
    """

    def __init__(
        self, load: Callable[[], Awaitable[Settings]], transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self.users = 0
        self.pace = Pace()
        self._load = load
        self._transport = transport
        self._lent: Lent | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._renewed_at = -math.inf

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Lent]:
        """
        Wait for this call's turn, then lend the client of the settings as they are by then.

        :raises LookError: while the vendor wants no calls.
        """
        async with self.pace.turn():
            if self._lent is None:
                raise RuntimeError("a line is used after its last user has left")
            lent = self._lent
            lent.calls += 1
            try:
                yield lent
            finally:
                lent.calls -= 1
                if lent is not self._lent:
                    await _close_unused(lent)

    def heed(self, error: FaceSwapError, settings: Settings) -> None:
        """
        Take in what the answer to one call means for all.

        :param error: what the reply was read as.
        :param settings: those that the call was sent with.
        """
        if isinstance(error, LookError) and error.retry_after:
            self.pace.pause(error.retry_after)
        elif isinstance(error, AuthenticationError) and self._lent and settings is self._lent.settings:
            self._renew_after(RECENT)

    async def ready(self, newest: float) -> None:
        """
        Have a client; read the connection again, beside the calls, once the last reading is too old.

        :param newest: the age in seconds up to which a reading will do.
        """
        if self._lent is None:
            # Shielded: one user that is cancelled must not take the others' reading along.
            await asyncio.shield(self._renew())
        else:
            self._renew_after(newest)

    async def hang_up(self) -> None:
        """Close the client and forget the settings."""
        lent, self._lent = self._lent, None
        if lent:
            await _close_unused(lent)

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
            if self._lent and settings == self._lent.settings:
                return
            new = Lent(await asyncio.to_thread(_make_client, settings, self._transport), settings)
        except Exception as error:
            if self._lent is None:
                raise
            reason = error if isinstance(error, FaceSwapError) else type(error).__name__
            log.warning("The connection's last settings stay in use: it cannot be read again: %s", reason)
            return
        old, self._lent = self._lent, new
        self.pace.adjust(settings)
        if old:
            log.info("The connection has changed: calls go to %s from now on", settings.base_url)
            await _close_unused(old)
        if not self.users:
            await self.hang_up()


_lines: dict[asyncio.AbstractEventLoop, dict[Hashable, Line]] = {}
_closings: set[asyncio.Task[None]] = set()


@asynccontextmanager
async def line(
    key: Hashable,
    load: Callable[[], Awaitable[Settings]],
    transport: httpx.AsyncBaseTransport | None = None,
    newest: float = RENEW,
) -> AsyncIterator[Line]:
    """
    Use a connection's line in the running loop; the last user to leave closes its client.

    :param key: names the connection.
    :param load: reads it.
    :param transport: stands in for the network.
    :param newest: the age in seconds up to which an earlier reading of the connection will do.
    """
    for loop in [loop for loop in _lines if loop.is_closed()]:
        del _lines[loop]
    lines = _lines.setdefault(asyncio.get_running_loop(), {})
    # A line stays after its last user, for its pace: those who come and go keep to the limit, too.
    one = lines.setdefault((key, transport), Line(load, transport))
    one.users += 1
    try:
        await one.ready(newest)
        yield one
    finally:
        one.users -= 1
        if not one.users:
            await one.hang_up()


def _make_client(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    # In a thread, since the import and the certificates would block the loop for a tenth of a second.
    made: httpx.AsyncClient = import_module("airflow_provider_faceswap.hooks.client").make_client(
        settings, transport
    )
    return made


async def _close_unused(lent: Lent) -> None:
    if lent.calls:
        return
    # A task of its own: whoever left may be cancelled again while it closes.
    closing = asyncio.create_task(lent.client.aclose())
    _closings.add(closing)
    closing.add_done_callback(_closings.discard)
    await asyncio.shield(closing)
