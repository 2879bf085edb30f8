"""A sleep that can be cut short."""

from __future__ import annotations

import asyncio


class Alarm:
    """Lets one coroutine sleep until some time, or until another rings."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """End the sleep, or the next one if none goes on."""
        self._rung.set()

    async def sleep(self, seconds: float) -> None:
        """Sleep for some seconds at most; without a task of its own, which ``asyncio.wait_for`` may make."""
        timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._rung.set)
        try:
            await self._rung.wait()
        finally:
            timer.cancel()
            self._rung.clear()
