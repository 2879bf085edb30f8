"""Where a connection leads: its base URL, and the origin that decides what is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import httpx

from airflow_provider_faceswap.apis.fields import is_loopback

if TYPE_CHECKING:
    from airflow.sdk import Connection

Origin = tuple[str, str, int]


def origin_of(parts: SplitResult) -> Origin:
    """
    Return scheme, host and port of a split URL.

    :raises ValueError: if the port is not a number.
    """
    scheme = parts.scheme.lower()
    port = parts.port or {"http": 80, "https": 443}.get(scheme, 0)
    return scheme, (parts.hostname or "").lower().rstrip("."), port


def base_url_of(conn: Connection, default_url: str) -> str:
    """
    Return the base URL that a connection gives, or the vendor's own.

    :param conn: the connection; host, schema and port apart work too.
    :param default_url: the vendor's own origin.
    :raises ValueError: saying what the field host must hold.
    """
    host = (conn.host or "").strip().rstrip("/")
    if not host:
        return default_url
    if "://" not in host:
        name = urlsplit(f"//{host}").hostname or ""
        scheme = (conn.schema or "").strip().lower()
        if scheme not in ("http", "https"):
            scheme = "http" if is_loopback(name) else "https"
        host = f"{scheme}://{host}"
    parts = urlsplit(host)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http(s) URL such as https://example.com, or empty")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "must hold no user, password, query or fragment; the API key goes into API key (the password)"
        )
    if parts.port is None and conn.port:
        parts = parts._replace(netloc=f"{parts.netloc}:{conn.port}")
    try:
        _ = httpx.URL(parts.geturl()).host  # raises where the name is not valid IDNA
    except (httpx.InvalidURL, ValueError):
        raise ValueError("must be an http(s) URL with a valid host name") from None
    return parts.geturl()
