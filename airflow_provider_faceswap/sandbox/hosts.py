"""Only requests that are meant for loopback are answered."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from airflow_provider_faceswap.sandbox.inputs import LOOPBACK


class LoopbackHosts:
    """Refuses a request whose Host header names another machine: a web page may have rebound its name to us.

    :param app: the application behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and not _is_loopback(_host(scope)):
            refusal = PlainTextResponse("This sandbox answers to 127.0.0.1, localhost and [::1] only.\n", 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _host(scope: Scope) -> str:
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return hosts[0] if len(hosts) == 1 else ""


def _is_loopback(host: str) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return False
    return parts.hostname in LOOPBACK and parts.netloc == host and "@" not in host
