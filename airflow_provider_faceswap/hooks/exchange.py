"""One request and its reply, bounded in size and in time, for workers and event loops alike."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
from anyio import fail_after

from airflow_provider_faceswap.apis.reading import one_line

T = TypeVar("T")


class UnusableReplyError(Exception):
    """Something came that no vendor's reader should see."""


class ReplyTooLargeError(UnusableReplyError):
    """
    A reply exceeds the bound of its size.

    :param status: its HTTP status.
    :param largest: the bound, in bytes.
    """

    def __init__(self, status: int, largest: int) -> None:
        super().__init__(f"sent a reply of over {largest} bytes")
        self.status = status


class _Body:
    """A body as it arrives: decoded no further than its bound, however small it came over the wire."""

    def __init__(self, response: httpx.Response, largest: int) -> None:
        self.content = bytearray()
        self._status = response.status_code
        self._largest = largest
        self._wire = 0
        stated = response.headers.get("content-encoding", "").strip()
        encoding = stated.lower()
        self._inflate = None
        if encoding in ("gzip", "x-gzip", "deflate"):
            self._inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)  # recognises gzip and zlib by itself
        elif encoding not in ("", "identity"):
            raise UnusableReplyError(
                f"sent a reply in an encoding that was not asked for: {one_line(stated)}"
            )

    def feed(self, part: bytes) -> None:
        self._wire += len(part)
        if self._inflate:
            try:
                part = self._inflate.decompress(part, self._largest + 1 - len(self.content))
            except zlib.error:
                raise UnusableReplyError("sent a reply that cannot be decompressed") from None
        self.content += part
        if max(len(self.content), self._wire) > self._largest:
            raise ReplyTooLargeError(self._status, self._largest)


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, timeout: float, largest: int
) -> tuple[httpx.Response, bytes]:
    """
    Send a request and read its reply to the end.

    :param timeout: seconds that the whole may take.
    :param largest: bytes of the decoded reply; a longer one is refused.
    :return: the response, whose own content is not read, and the decoded body.
    :raises UnusableReplyError: for a redirect, or a reply that is too large, too slow or cannot be decoded.
    """
    request.headers["Accept-Encoding"] = "identity"
    try:
        # Not asyncio.wait_for: up to Python 3.11 it swallows a cancellation that meets the end of the call.
        with fail_after(timeout):
            return await _exchange(client, request, largest)
    except TimeoutError:
        raise UnusableReplyError(f"sent no whole reply within {timeout:g} s") from None


async def _exchange(
    client: httpx.AsyncClient, request: httpx.Request, largest: int
) -> tuple[httpx.Response, bytes]:
    response = await client.send(request, stream=True)
    try:
        if 300 <= response.status_code < 400:
            raise UnusableReplyError(_redirected(response))
        body = _Body(response, largest)
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise TypeError(f"{type(response.stream).__name__} cannot be read in an event loop")
        async for part in response.stream:  # the stream itself: httpx would decode all of a part at once
            body.feed(part)
        return response, bytes(body.content)
    finally:
        await response.aclose()


def _redirected(response: httpx.Response) -> str:
    try:
        parts = urlsplit(urljoin(str(response.request.url), response.headers.get("location", "")))
        target = parts.netloc.rpartition("@")[2]  # not its hostname: in lower case, a key is not recognised
    except ValueError:
        target = ""
    return (
        f"answered HTTP {response.status_code}, a redirect to {one_line(target or 'nowhere')[:100]}; "
        "redirects are not followed, they would carry the API key elsewhere: check the connection's host "
        "(Base URL)"
    )


def run(main: Coroutine[Any, Any, T]) -> T:
    """
    Run a coroutine to its end, also where the caller's thread runs a loop already.

    :param main: the coroutine.
    """
    if not _loop_runs_here():
        return asyncio.run(main)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, main).result()


def _loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
