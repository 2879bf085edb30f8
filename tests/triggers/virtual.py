"""An event loop whose time passes only while it sleeps."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
START = 1_800_000_000.0


class _Selector(selectors.SelectSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; :attr:`clock` stands in for the module ``time``."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        self.clock = Clock(self)
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        try:
            return self.run_until_complete(main)
        finally:
            self.run_until_complete(self.shutdown_asyncgens())
            self.close()


class Clock:
    """The time of day of a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def time(self) -> float:
        return START + self._loop.time()

    monotonic = time
