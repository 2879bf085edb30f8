"""A result streamed to local disk and checked there, before anything is kept."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.hosts import GuardedSockets, HostRules

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

log = logging.getLogger(__name__)

Kind = Literal["image", "video", "any"]

MAX_BYTES = 5 * 1024**3
MAX_REDIRECTS = 5
PATIENCE = 60.0
"""Seconds over which a link that does not work yet is tried again: CDNs lag behind the vendor."""
CHUNK = 256 * 1024

_SIGNATURES: tuple[tuple[Kind, str, int, bytes], ...] = (
    ("image", "jpg", 0, b"\xff\xd8\xff"),
    ("image", "png", 0, b"\x89PNG\r\n\x1a\n"),
    ("image", "gif", 0, b"GIF8"),
    ("image", "webp", 8, b"WEBP"),
    ("video", "webm", 0, b"\x1aE\xdf\xa3"),
    ("video", "avi", 8, b"AVI "),
    ("video", "mov", 4, b"ftypqt  "),
    ("video", "mp4", 4, b"ftyp"),
)


class _NotYetError(Exception):
    """The link did not work, and may work in a moment."""


def download(url: str, target: Path, kind: Kind, settings: Settings, patience: float = PATIENCE) -> str:
    """
    Fetch a result to a local file.

    :param url: the vendor's link; it is in no log and no error.
    :param target: where to write.
    :param kind: what the file must be.
    :param settings: of the connection that the job was bought with.
    :param patience: seconds over which a failing link is tried again.
    :return: the file's format, such as ``mp4``, as its first bytes tell it.
    :raises ResultError: naming what is wrong with the result.
    """
    problem = ""
    try:
        asyncio.run(_with_patience(url, target, settings, patience))
    except _NotYetError as error:
        problem = str(error)
    if problem:
        raise ResultError(f"the result could not be downloaded: {problem}")
    with target.open("rb") as file:
        return _format_of(file.read(512), kind)


async def _with_patience(url: str, target: Path, settings: Settings, patience: float) -> None:
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(_NotYetError),
        stop=stop_after_delay(patience),
        wait=wait_exponential_jitter(initial=1, max=15),
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            await _once(url, target, settings)


async def _once(url: str, target: Path, settings: Settings) -> None:
    rules = HostRules(settings.origin, settings.allow_private_hosts)
    own = rules.check_url(url)
    for _ in range(MAX_REDIRECTS + 1):
        guard = None if own else GuardedSockets(rules)
        moved = await _hop(url, target, settings, guard)
        if moved is None:
            return
        url, own = rules.follow(url, moved)
    raise ResultError(f"the vendor's link was redirected more than {MAX_REDIRECTS} times")


async def _hop(url: str, target: Path, settings: Settings, guard: GuardedSockets | None) -> str | None:
    host = urlsplit(url).hostname
    if settings.proxy and guard:
        await _check_behind_proxy(url, guard)
    connector = aiohttp.TCPConnector(
        ssl=settings.tls, socket_factory=None if settings.proxy else guard, use_dns_cache=False
    )
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=settings.timeout, sock_read=settings.timeout)
    problem = ""
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        try:
            async with session.get(
                url, allow_redirects=False, proxy=settings.proxy, headers={"Accept-Encoding": "identity"}
            ) as response:
                if response.status in (301, 302, 303, 307, 308):
                    return str(response.headers.get("Location", ""))
                _check_head(response, str(host))
                await _write(response, target)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            problem = f"{type(error).__name__} from {host}"
    if guard and guard.refused:
        raise ResultError(f"the vendor's link leads to {host}: {guard.refused}")
    if problem:
        raise _NotYetError(problem)
    return None


def _check_head(response: aiohttp.ClientResponse, host: str) -> None:
    if response.status in (404, 408, 425, 429) or response.status >= 500:
        raise _NotYetError(f"HTTP {response.status} from {host}")
    if response.status != 200:
        raise ResultError(f"the vendor's link answered HTTP {response.status}; it may have expired")
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise ResultError("the vendor's link answered with a compressed body that nobody asked for")
    if (response.content_length or 0) > MAX_BYTES:
        raise ResultError(f"the result is larger than {MAX_BYTES} bytes")


async def _write(response: aiohttp.ClientResponse, target: Path) -> None:
    size = 0
    with target.open("wb") as file:
        async for chunk in response.content.iter_chunked(CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise ResultError(f"the result is larger than {MAX_BYTES} bytes")
            file.write(chunk)
    if response.content_length is not None and size != response.content_length:
        raise _NotYetError(f"{size} of {response.content_length} bytes came")
    if not size:
        raise _NotYetError("an empty body came")


async def _check_behind_proxy(url: str, guard: GuardedSockets) -> None:
    parts = urlsplit(url)
    log.info("Through the proxy only the resolved name of the result's host is checked, not the connection")
    loop = asyncio.get_running_loop()
    try:
        found: list[Any] = await loop.getaddrinfo(parts.hostname, parts.port or 443)
    except OSError:
        raise _NotYetError(f"{parts.hostname} cannot be resolved") from None
    for info in found:
        try:
            guard(info).close()
        except OSError:
            raise ResultError(f"the vendor's link leads to {parts.hostname}: {guard.refused}") from None


def _format_of(head: bytes, kind: Kind) -> str:
    for found, name, offset, magic in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic and kind in (found, "any"):
            return name
    text = head.lstrip().lower()
    what = "an HTML page" if text.startswith((b"<!doctype", b"<html")) else "something else"
    raise ResultError(f"the vendor's link gave {what} in place of {'a file' if kind == 'any' else kind}")
