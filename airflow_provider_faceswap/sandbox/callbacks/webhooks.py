"""POSTs to a client's own receiver."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

import httpx

from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.http.addresses import is_loopback

TRIES = 3
PAUSE = 0.5


class Webhooks:
    """
    Delivers webhooks.

    :param counts: where deliveries are counted.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()

    async def deliver(self, url: str, body: dict[str, Any]) -> None:
        """
        POST a webhook; after a failure again, at most three times in all.

        :param url: the receiver.
        :param body: what to send.
        """
        for number in range(TRIES):
            await asyncio.sleep(PAUSE * number)
            if await self.post(url, body) == "delivered":
                self._counts.webhooks["delivered"] += 1
                return
        self._counts.webhooks["failed"] += 1

    async def post(
        self, url: str, body: dict[str, Any], encoding: Literal["json", "form"] = "json"
    ) -> Literal["delivered", "refused", "unreachable"]:
        """
        POST a webhook once; no redirect is followed.

        :param url: the receiver.
        :param body: what to send.
        :param encoding: how to send it.
        """
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in body.items()}
        try:
            if encoding == "form":
                response = await self._client(url).post(url, data=texts)
            else:
                response = await self._client(url).post(url, json=body)
        except (httpx.HTTPError, httpx.InvalidURL):
            return "unreachable"
        return "delivered" if response.is_success else "refused"

    def _client(self, url: str) -> httpx.AsyncClient:
        loopback = is_loopback(url)
        if loopback not in self._clients:
            # A thousand jobs may end at once: their webhooks queue for a connection as long as it takes.
            timeout = httpx.Timeout(10, pool=None)
            self._clients[loopback] = httpx.AsyncClient(trust_env=not loopback, timeout=timeout)
        return self._clients[loopback]
