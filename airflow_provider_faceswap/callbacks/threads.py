"""The receiver's own threads, so that a slow inbox delays nothing else of the API server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class BusyError(Exception):
    """The call cannot run now: too many others run, hang, or wait for a thread."""


class BoundedThreads:
    """
    Runs blocking functions in at most a fixed number of threads, hanging ones included.

    anyio's limiter would not count those: it frees the place of an abandoned thread while that still runs.

    :param threads: how many threads may exist.
    :param max_queued: how many calls may wait for one.
    """

    def __init__(self, threads: int, max_queued: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="faceswap-callbacks")
        self._threads = threads
        self._max_pending = threads + max_queued
        self._pending: dict[str, Future[Any]] = {}
        self._hanging: set[str] = set()

    async def run(self, key: str, function: Callable[..., T], *args: Any) -> T:
        """
        Run a function in a thread; once cancelled, it counts as hanging until it ends.

        :param key: names the call; there is only one of each key at a time.
        :param function: what to run.
        :raises BusyError: if it cannot run now; it did not.
        """
        self._check(key)
        future = self._pending[key] = self._executor.submit(function, *args)
        try:
            return await asyncio.wrap_future(future)
        finally:
            if not future.cancel() and not future.done():
                self._hanging.add(key)

    def _check(self, key: str) -> None:
        self._pending = {key: future for key, future in self._pending.items() if not future.done()}
        self._hanging &= self._pending.keys()
        if key in self._pending:
            raise BusyError("the last call of this kind still runs")
        if len(self._hanging) >= self._threads:
            raise BusyError("every thread hangs")
        if len(self._pending) >= self._max_pending:
            raise BusyError("too many calls wait for a thread")
