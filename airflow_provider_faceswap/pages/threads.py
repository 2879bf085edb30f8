"""Threads and turns of the pages' own, so that a slow store delays nothing else of the API server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TypeVar

import anyio
import anyio.to_thread

from airflow_provider_faceswap.pages.errors import NotShownError

T = TypeVar("T")

DATABASE_THREADS, STORE_THREADS, ROWS_THREADS = 4, 16, 2
OPEN = 128
"""Media that are open at once, in each process of the API server."""
REQUESTS = 640
"""Requests at once, those that wait for one of the media to be closed included."""
PATIENCE = 20.0
"""Seconds that a request waits for a thread, or for its turn."""


class Threads:
    """
    Runs blocking functions in a few threads; a call waits until one is free.

    :param most: that run at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most

    @cached_property
    def _limiter(self) -> anyio.CapacityLimiter:  # made on the event loop, which anyio wants
        return anyio.CapacityLimiter(self._most)

    async def run(self, function: Callable[[], T]) -> T:
        """
        Run a function in a thread; once it runs, it is waited for to its end.

        :raises NotShownError: if no thread is free for a long time.
        """
        turn = object()
        with anyio.move_on_after(PATIENCE) as scope:
            await self._limiter.acquire_on_behalf_of(turn)
        if scope.cancelled_caught:
            raise busy()
        try:
            # The turn is what is waited for: the thread itself counts in no limit of Airflow's.
            return await anyio.to_thread.run_sync(function, limiter=anyio.CapacityLimiter(1))
        finally:
            self._limiter.release_on_behalf_of(turn)


class Turns:
    """
    Lets a few requests in at once.

    :param most: that are in at once.
    """

    def __init__(self, most: int = OPEN) -> None:
        self._most = most

    @cached_property
    def _semaphore(self) -> anyio.Semaphore:
        return anyio.Semaphore(self._most)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """
        Wait for a turn.

        :raises NotShownError: if that takes too long.
        """
        with anyio.move_on_after(PATIENCE) as scope:
            await self._semaphore.acquire()
        if scope.cancelled_caught:
            raise busy()
        try:
            yield
        finally:
            self._semaphore.release()


def busy() -> NotShownError:
    """Return what is said when too many want something at once."""
    return NotShownError("busy", "The API server shows too many pictures at once: try again in a moment.")
