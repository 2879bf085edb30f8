"""Why there was no connection, said without the libraries' own words, which may hold a proxy's password."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

_STATUS = re.compile(r"\b([45]\d\d)\b")


def no_connection(error: Exception, settings: Settings) -> str:
    """
    Return a sentence about a connection that was not made, and what to check.

    :param error: what the HTTP client raised.
    :param settings: of the connection.
    """
    through = f" through the proxy {_proxy_host(settings.proxy)}" if settings.proxy else ""
    remedy = "check the connection's host (Base URL) and proxy"
    cause = ""
    for link in _chain(error):
        if verdict := getattr(
            link, "verify_message", ""
        ):  # of ssl.SSLCertVerificationError; aiohttp's has none
            cause = f": its TLS certificate is not accepted ({verdict})"
            remedy = "check the connection's host (Base URL), or give your CA bundle as verify"
        elif isinstance(link, socket.gaierror):
            cause = ": no such host name"
    if type(error).__name__ == "ProxyError" and (status := _STATUS.search(str(error))):
        cause = f": the proxy answered HTTP {status[1]}"
    return f"no connection to {settings.origin[1]}{through} ({type(error).__name__}){cause}; {remedy}"


def _proxy_host(proxy: str) -> str:
    return urlsplit(proxy).netloc.rpartition("@")[2]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
