"""Only clients on this machine are answered, and no web page that is open in a browser on it."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from airflow_provider_faceswap.sandbox.http.addresses import LOOPBACK
from airflow_provider_faceswap.sandbox.http.responses import json_response

# What people may reach by a link on another site, such as a result's URL in Airflow's UI.
LINKED = ("/samples/", "/generations/")


class LocalOnly:
    """
    Refuses requests that are not meant for loopback, and requests that another site's page sends.

    :param app: the application behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        problem = _problem(scope) if scope["type"] == "http" else ""
        if problem:
            await json_response({"error": problem}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _problem(scope: Scope) -> str:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    # A web page may have rebound its own name to 127.0.0.1.
    if len(headers.getlist("host")) != 1 or not _is_loopback(host):
        return "This sandbox answers to 127.0.0.1, localhost and [::1] only."
    origins = {origin.lower() for origin in headers.getlist("origin")}
    if not origins <= {f"{scope['scheme']}://{host.lower()}"} or not _is_same_site(scope, headers):
        return (
            "The sandbox refuses cross-site requests: a page of another origin sent this one (Origin,"
            " Sec-Fetch-Site). Use curl or an HTTP client, or open the sandbox's own page."
        )
    return ""


def _is_loopback(host: str) -> bool:
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return False
    return parts.hostname in LOOPBACK and parts.netloc == host and "@" not in host


def _is_same_site(scope: Scope, headers: Headers) -> bool:
    if set(headers.getlist("sec-fetch-site")) <= {"same-origin", "none"}:
        return True
    is_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    path = scope["path"]
    return is_link and scope["method"] == "GET" and (path == "/" or path.startswith(LINKED))
