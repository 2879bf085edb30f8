"""One HTTP client per event loop and settings, shared by all who use it at the time."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx
    from aiolimiter import AsyncLimiter

    from airflow_provider_faceswap.hooks.settings import Settings


@dataclass
class Shared:
    """A client, its rate limit and the number of its users."""

    client: httpx.AsyncClient
    limiter: AsyncLimiter | None
    users: int = 0


_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Settings, Shared]] = (
    weakref.WeakKeyDictionary()
)


@asynccontextmanager
async def shared_client(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Shared]:
    """
    Lend the running loop's client for these settings; the last user to leave closes it.

    :param settings: the connection's settings; other settings have another client.
    :param transport: stands in for the network.
    """
    pool = _pools.setdefault(asyncio.get_running_loop(), {})
    shared = pool.get(settings)
    if shared is None:
        shared = pool[settings] = _make(settings, transport)
    shared.users += 1
    try:
        yield shared
    finally:
        shared.users -= 1
        if not shared.users:
            del pool[settings]
            await shared.client.aclose()


def _make(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> Shared:
    # Both are slow to import, and only the process that polls needs them.
    import httpx
    from aiolimiter import AsyncLimiter
    from httpx_aiohttp import HttpxAiohttpClient

    rate = settings.requests_per_second
    client = HttpxAiohttpClient(
        timeout=settings.timeout,
        limits=httpx.Limits(max_connections=settings.max_connections),
        verify=settings.tls,
        proxy=settings.proxy,
        follow_redirects=False,
        transport=transport,
    )
    # A bucket of one keeps the pace even: no burst after a pause.
    return Shared(client, AsyncLimiter(1, 1 / rate) if rate else None)
