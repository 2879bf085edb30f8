"""The client that polls: httpx's interface over aiohttp's connections. Slow to import, so only pools do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings


class PollingClient(httpx.AsyncClient):
    """httpx with aiohttp's connections, a quarter of the CPU; the environment's proxies still hold."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._cookies = _NoCookies()

    def _init_transport(self, *args: Any, **options: Any) -> httpx.AsyncBaseTransport:
        stand_in: httpx.AsyncBaseTransport | None = options.pop("transport", None)
        return stand_in or _Transport(*args, **options)

    def _init_proxy_transport(
        self, proxy: httpx.Proxy, *args: Any, **options: Any
    ) -> httpx.AsyncBaseTransport:
        transport = _Transport(*args, **options)
        transport.proxy = proxy
        return transport


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none: vendors' cookies would pile up over thousands of polls."""


class _Transport(AiohttpTransport):
    def get_client(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=self.ssl_context,
            limit=self.limits.max_connections or 0,
            keepalive_timeout=self.limits.keepalive_expiry,
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def make_client(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """
    Make a client; it belongs to the event loop that first sends with it, not to the calling thread.

    :param settings: of the connection.
    :param transport: replaces the network.
    :raises SettingsError: if the CA bundle or the proxy cannot be used.
    """
    return PollingClient(
        timeout=settings.httpx_timeout(),
        limits=httpx.Limits(max_connections=settings.max_connections),
        verify=settings.tls_context,
        proxy=settings.proxy,
        follow_redirects=False,
        transport=transport,
    )
