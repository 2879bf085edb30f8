"""What is an http(s) address, and what is this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_http_url(text: str) -> bool:
    """Say whether a text is an absolute http(s) URL."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable()


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this machine; a proxy from the environment cannot reach it."""
    return urlsplit(url).hostname in LOOPBACK
