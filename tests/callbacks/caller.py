"""A vendor, or somebody who would be one, in front of the app; and an inbox that hangs."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import httpx

from airflow_provider_faceswap.callbacks.app import make_app
from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.inbox import Inbox, PutResult
from airflow_provider_faceswap.callbacks.receiver import Receiver
from airflow_provider_faceswap.callbacks.tokens import Token

DONE = {"success": 1, "type": 1, "task_id": "ac3eb7", "result_image": "https://temp.example.com/result.webp"}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Caller:
    """Posts callbacks to an app of its own."""

    def __init__(self, settings: CallbackSettings, clock: Clock) -> None:
        self.inbox = Inbox(settings.inbox)
        app = make_app(Receiver(clock))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://airflow")

    async def post(self, token: str, vendor: str = "aifaceswap", **request: Any) -> httpx.Response:
        request = request or {"json": DONE}
        return await self.http.post(f"/callbacks/{vendor}/{token}", **request)

    async def kept(self, token: Token) -> list[bytes]:
        return await asyncio.to_thread(self.inbox.bodies, token.vendor, token.nonce)

    async def nothing_kept(self) -> bool:
        return await asyncio.to_thread(self.inbox.arrived, "aifaceswap") == {}


class Puts:
    """Replaces :meth:`Inbox.put`: counts the calls, and hangs for some nonces until they are released."""

    def __init__(self) -> None:
        self.hanging: set[str] = set()
        self.calls: Counter[str] = Counter()
        self.most_at_a_time: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._entered = threading.Semaphore(0)
        self._released = threading.Event()
        self._put = Inbox.put

    def __call__(self, inbox: Inbox, vendor: str, nonce: str, body: bytes) -> PutResult:
        with self._lock:
            for key in (nonce, "all"):
                self.calls[key] += 1
                self._running[key] += 1
                self.most_at_a_time[key] = max(self.most_at_a_time[key], self._running[key])
        self._entered.release()
        try:
            if nonce in self.hanging:
                self._released.wait(60)
            return self._put(inbox, vendor, nonce, body)
        finally:
            with self._lock:
                for key in (nonce, "all"):
                    self._running[key] -= 1

    async def entered(self, number: int = 1) -> None:
        """Wait until this many more puts have begun."""
        for _ in range(number):
            assert await asyncio.to_thread(self._entered.acquire, timeout=30)

    def release(self) -> None:
        """Let the hanging ones go on."""
        self._released.set()
