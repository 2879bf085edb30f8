"""An HTTP connection through a proxy. It imports urllib3, which speaks TLS inside a proxy's own TLS."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url
from yarl import URL

from airflow_provider_faceswap.storage.connections import Dial, Response, credentials_for
from airflow_provider_faceswap.storage.hosts import Link


class ProxyError(OSError):
    """The proxy cannot be reached, or does not connect."""


class _Proxied(HTTPConnection):
    response_class = Response

    def __init__(self, *args: Any, dial: Dial, **options: Any) -> None:
        super().__init__(*args, **options)
        self._dial = dial

    def _new_conn(self) -> socket.socket:
        return self._dial(self.host, self.port)

    def connect(self) -> None:
        try:
            super().connect()
        except (TimeoutError, ssl.SSLError):
            raise
        except (HTTPError, OSError):
            raise ProxyError from None


class _ProxiedTLS(_Proxied, HTTPSConnection):
    pass


def connection_through(proxy: str, link: Link, dial: Dial, tls: ssl.SSLContext) -> http.client.HTTPConnection:
    """
    Return a connection that is opened by its first request.

    :param proxy: its URL, which may hold a user and a password.
    :param dial: opens the TCP connection to the proxy.
    :param tls: for the proxy as well as for the link's own host.
    """
    url, secure = URL(proxy), link.url.scheme == "https"
    options: dict[str, Any] = {"dial": dial, "proxy": parse_url(proxy)}
    if not secure and url.scheme == "http":
        return _Proxied(url.raw_host, url.port, **options)
    config = ProxyConfig(tls, use_forwarding_for_https=False, assert_hostname=None, assert_fingerprint=None)
    connection = _ProxiedTLS(url.raw_host, url.port, **options, proxy_config=config, ssl_context=tls)
    if secure:
        host, port = link.url.raw_host or "", link.url.port
        connection.set_tunnel(host, port, credentials_for(proxy), scheme=url.scheme)
    return connection
