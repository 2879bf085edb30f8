"""An HTTP connection for one request: directly, or through the proxy that the connection names."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from yarl import URL

from airflow_provider_faceswap.storage.hosts import Link

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

Dial = Callable[[str, int], socket.socket]
"""Connects to a host and a port."""


class Response(http.client.HTTPResponse):
    """An answer, without those that only announce it, such as 103."""

    def begin(self) -> None:
        """Read the head."""
        super().begin()
        while 100 <= self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = None  # type: ignore[assignment]  # it reads another head only then
            super().begin()


class _Direct(http.client.HTTPConnection):
    response_class = Response

    def __init__(self, link: Link, dial: Dial, tls: ssl.SSLContext | None) -> None:
        super().__init__(link.url.raw_host or "", link.url.port)
        self._dial = dial
        self._tls = tls

    def connect(self) -> None:
        self.sock = self._dial(self.host, self.port)
        if self._tls:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host.rstrip("."))


def connection_to(link: Link, dial: Dial, settings: Settings) -> http.client.HTTPConnection:
    """
    Return a connection that is opened by its first request.

    Neither the environment's proxies nor .netrc are used.

    :param dial: opens the TCP connection.
    """
    if settings.proxy:
        # Here: urllib3 takes 20 ms of CPU to import, and most connections have no proxy.
        from airflow_provider_faceswap.storage.proxied import connection_through

        return connection_through(settings.proxy, link, dial, _tls(settings))
    return _Direct(link, dial, _tls(settings) if link.url.scheme == "https" else None)


def request_for(link: Link, settings: Settings) -> tuple[str, dict[str, str]]:
    """Return what to ask for, as the vendor wrote it, and the headers that say where."""
    url = link.url
    target, host = url.raw_path_qs, url.host_port_subcomponent or ""
    if settings.proxy and url.scheme == "http":  # the proxy does not tunnel: the request is its own
        return f"http://{host}{target}", {"Host": host, **credentials_for(settings.proxy)}
    return target, {"Host": host}


def credentials_for(proxy: str) -> dict[str, str]:
    """
    Return the header that a proxy wants if its URL holds a user.

    :param proxy: its URL.
    """
    url = URL(proxy)
    if not url.user:
        return {}
    said = base64.b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {said}"}


def _tls(settings: Settings) -> ssl.SSLContext:
    return system_tls() if settings.tls is True else settings.tls_context


@lru_cache(maxsize=1)
def system_tls() -> ssl.SSLContext:
    """Return what trusts the system's certificates; to load them takes some 40 ms of CPU."""
    return ssl.create_default_context()
