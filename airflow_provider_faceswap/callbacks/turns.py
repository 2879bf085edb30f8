"""One at a time for each key, without a thread for those that wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class QueueFullError(Exception):
    """Too many wait for this key already."""


class _Queue:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.length = 0


class Turns:
    """
    A lock for each key, with a bound on those that wait for it.

    :param max_waiting: how many may wait for one key.
    """

    def __init__(self, max_waiting: int) -> None:
        self._max_length = max_waiting + 1
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def take(self, key: str) -> AsyncIterator[None]:
        """
        Wait for the key's turn and hold it.

        :param key: whose turn.
        :raises QueueFullError: if too many wait for it already.
        """
        queue = self._queues.setdefault(key, _Queue())
        if queue.length >= self._max_length:
            raise QueueFullError
        queue.length += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[key]
