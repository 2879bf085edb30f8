"""Getting the pictures and clips that a request names."""

from __future__ import annotations

import base64
import binascii
import time
from urllib.parse import urlsplit

import httpx

from airflow_provider_faceswap.sandbox.http.addresses import is_loopback
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap, Source
from airflow_provider_faceswap.sandbox.settings import Settings


def decode_base64(text: str) -> bytes:
    """Return the bytes of a base64 text or data URI; empty if it is neither."""
    head, comma, tail = text.strip().partition(",")
    try:
        return base64.b64decode(
            "".join((tail if comma and head.startswith("data:") else text).split()), validate=True
        )
    except (binascii.Error, ValueError):
        return b""


def sample_name(url: str, port: int | None) -> str | None:
    """
    Return the name of the sandbox's own sample behind a URL, so that it is not fetched from itself.

    :param url: an absolute URL; its query is ignored, so that ``?n=17`` makes inputs distinct at no cost.
    :param port: the port on which this sandbox was reached.
    """
    parts = urlsplit(url)
    if is_loopback(url) and parts.port == port and parts.path.startswith("/samples/"):
        return parts.path.removeprefix("/samples/")
    return None


def cannot_download(source: Source) -> CannotSwap:
    """Return the error for an input that cannot be downloaded."""
    return CannotSwap(f"Could not download {source.field}. Make sure the URL is publicly accessible.")


def download(source: Source, settings: Settings) -> bytes:
    """
    Download an input, bounded in size and time. It blocks: for a worker thread.

    :param source: what to download.
    :param settings: the bounds.
    """
    deadline = time.monotonic() + settings.input_timeout
    content = bytearray()
    try:
        with (
            httpx.Client(
                trust_env=not is_loopback(source.url), timeout=settings.input_timeout, max_redirects=5
            ) as client,
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
        raise cannot_download(source) from error
    return bytes(content)
