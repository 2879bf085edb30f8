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
OPEN = 64
"""Media that are open at once, in each process of the API server."""
WAITING = 512
"""Requests that may wait for one of them to be closed."""
PATIENCE = 20.0
"""Seconds that they wait."""


class Threads:
    """
    Runs blocking functions in a few threads; a call waits until one is free.

    :param most: how many may run at once.
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
    Lets a few requests in at once, and a few more wait.

    :param most: that are in at once.
    :param waiting: that may wait.
    """

    def __init__(self, most: int = OPEN, waiting: int = WAITING) -> None:
        self._most = most
        self._left = most + waiting

    @cached_property
    def _semaphore(self) -> anyio.Semaphore:
        return anyio.Semaphore(self._most)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """
        Wait for a turn.

        :raises NotShownError: if too many wait, or for too long.
        """
        if not self._left:
            raise busy()
        self._left -= 1
        try:
            with anyio.move_on_after(PATIENCE) as scope:
                await self._semaphore.acquire()
            if scope.cancelled_caught:
                raise busy()
            try:
                yield
            finally:
                self._semaphore.release()
        finally:
            self._left += 1


def busy() -> NotShownError:
    """Return what is said when too many want something at once."""
    return NotShownError("busy", "The API server shows too many pictures at once: try again in a moment.")
