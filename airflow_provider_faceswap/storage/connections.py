"""An HTTP connection for one request: directly, or through the proxy that the connection names."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

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


def target_of(link: Link, settings: Settings) -> str:
    """Return what the request line asks for, as the vendor wrote it; a proxy that forwards gets the URL."""
    if settings.proxy and link.url.scheme == "http":
        return f"http://{link.url.host_port_subcomponent}{link.url.raw_path_qs}"
    return link.url.raw_path_qs


def _tls(settings: Settings) -> ssl.SSLContext:
    return _system_tls() if settings.tls is True else settings.tls_context


@lru_cache(maxsize=1)
def _system_tls() -> ssl.SSLContext:
    """Return what trusts the system's certificates; to load them takes some 40 ms of CPU."""
    return ssl.create_default_context()
