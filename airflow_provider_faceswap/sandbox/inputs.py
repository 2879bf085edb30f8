"""Getting the pictures and clips that a request names."""

from __future__ import annotations

import base64
import binascii
import time
from urllib.parse import urlsplit

import httpx

from airflow_provider_faceswap.sandbox.settings import Settings
from airflow_provider_faceswap.sandbox.swap import CannotSwap, Source

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_http_url(text: str) -> bool:
    """Whether a text is an absolute http(s) address."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable()


def decoded(text: str) -> bytes:
    """The bytes of a base64 text or data URI; empty when it is none."""
    head, comma, tail = text.strip().partition(",")
    try:
        return base64.b64decode(
            "".join((tail if comma and head.startswith("data:") else text).split()), validate=True
        )
    except (binascii.Error, ValueError):
        return b""


def sample_name(url: str, port: int | None) -> str | None:
    """The name of the sandbox's own sample behind an address, so that it is not fetched from itself.

    :param url: an absolute address; its query is ignored, so that ``?n=17`` makes inputs distinct at no cost.
    :param port: the port on which this sandbox was reached.
    """
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK and parts.port == port and parts.path.startswith("/samples/"):
        return parts.path.removeprefix("/samples/")
    return None


def fetch(source: Source, settings: Settings) -> bytes:
    """Fetch an input, bounded in size and time. It blocks: for a worker thread.

    :param source: what to fetch.
    :param settings: the bounds.
    """
    deadline = time.monotonic() + settings.input_timeout
    content = bytearray()
    # A proxy from the environment cannot reach this machine's loopback.
    loopback = urlsplit(source.url).hostname in LOOPBACK
    try:
        with (
            httpx.Client(trust_env=not loopback, timeout=settings.input_timeout, max_redirects=5) as client,
            client.stream("GET", source.url, follow_redirects=True) as response,
        ):
            response.raise_for_status()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > settings.max_input_bytes:
                    raise CannotSwap(f"The file in {source.field} is too large.")
                if time.monotonic() > deadline:
                    raise CannotSwap(f"Timed out while downloading {source.field}.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CannotSwap(
            f"Could not download {source.field}. Make sure the URL is publicly accessible."
        ) from error
    return bytes(content)
