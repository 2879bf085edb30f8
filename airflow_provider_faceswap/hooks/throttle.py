"""How many requests of a connection run at once, how fast they start, and when the vendor wants none."""

from __future__ import annotations

import asyncio
import math
import random
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import PollError

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter

    from airflow_provider_faceswap.hooks.settings import Settings

MAX_PAUSE = 300.0
"""Seconds for which one reply may silence all jobs of a connection; then one of them asks again."""
SPREAD = 0.2
"""The jobs of a pause come back over this share of it, not in one instant."""


class Pace:
    """How fast the requests of one hook start on a worker, from however many threads."""

    def __init__(self) -> None:
        self._last = -math.inf
        self._turn = threading.Lock()

    def keep(self, rate: float | None) -> None:
        """
        Sleep until the next request may start.

        :param rate: requests per second; None for no limit.
        """
        if rate:
            with self._turn:
                time.sleep(max(0.0, self._last + 1 / rate - time.monotonic()))
                self._last = time.monotonic()


class Throttle:
    """
    The order in which the requests of one connection leave one event loop.

    :ivar until: the end of the pause that the vendor asked for, in the loop's time.
    """

    def __init__(self) -> None:
        self.until = -math.inf
        self._at_once = 0
        self._rate: float | None = None
        self._slots = asyncio.Semaphore()
        self._limiter: AsyncLimiter | None = None

    def adjust(self, settings: Settings) -> None:
        """Follow the connection's settings; what stays the same keeps its state."""
        if settings.max_connections != self._at_once:
            self._at_once = settings.max_connections
            self._slots = asyncio.Semaphore(self._at_once)
        if settings.requests_per_second != self._rate:
            from aiolimiter import AsyncLimiter

            self._rate = settings.requests_per_second
            # A bucket of one keeps the pace even: no burst after idle seconds.
            self._limiter = AsyncLimiter(1, 1 / self._rate) if self._rate else None

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[None]:
        """
        Wait until a request may be sent, and count it while it runs.

        :raises PollError: while the vendor wants no requests; nothing was sent.
        """
        # The slot comes first: requests that the limiter let pass would wait for slow replies, then burst.
        async with self._slots:
            self._check()
            if self._limiter:
                await self._limiter.acquire()
                self._check()
            yield

    def pause(self, seconds: float) -> None:
        """Hold all requests back, as one reply asked."""
        now = asyncio.get_running_loop().time()
        self.until = max(self.until, now + min(seconds, MAX_PAUSE))

    def _check(self) -> None:
        left = self.until - asyncio.get_running_loop().time()
        if left > 0:
            raise PollError(
                f"the vendor wants no requests for {math.ceil(left)} s, as it answered for another job",
                left * (1 + SPREAD * random.random()),
            )
