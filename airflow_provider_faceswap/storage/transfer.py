"""One request for a result, to an address that is checked in the moment of connecting."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import aiohttp

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.hosts import GuardedSockets, HostRules, Link
from airflow_provider_faceswap.storage.part import NotYetError, Part

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

log = logging.getLogger(__name__)

MAX_REDIRECTS = 5

_MOVED = (301, 302, 303, 307, 308)
_MAY_PASS = (404, 408, 421, 425, 429)


async def fetch(link: Link, part: Part, rules: HostRules, settings: Settings) -> Link:
    """
    Ask for a result, and follow redirects to where it is.

    :param link: checked.
    :param part: takes what comes; its ``link`` is the one that was asked last, also after an error.
    :return: the link that answered with the result.
    :raises NotYetError: if another try may bring more.
    :raises ResultError: if none will.
    """
    for _ in range(MAX_REDIRECTS + 1):
        part.link = link
        moved = await transfer(link, part, rules, settings)
        if moved is None:
            return link
        link = rules.follow(link, moved)
    raise ResultError(f"the vendor's link was redirected more than {MAX_REDIRECTS} times")


async def transfer(link: Link, part: Part, rules: HostRules, settings: Settings) -> str | None:
    """
    Ask for a result, or for the rest of it, and take what comes.

    :param link: checked.
    :return: where a redirect leads to, or None when all of the result has come.
    :raises NotYetError: if another try may bring more.
    :raises ResultError: if none will.
    """
    guard = None if link.own else GuardedSockets(rules)
    if settings.proxy and guard:
        await _check_behind_proxy(link, rules)
    problem = final = ""
    async with _session(settings, guard) as session:
        try:
            return await _ask(session, link, part, settings)
        except aiohttp.InvalidURL:
            final = f"the vendor's link to {link.host} is not a valid URL"
        except aiohttp.ClientConnectorCertificateError:
            final = f"the certificate of {link.host} is not trusted; see the connection's extra verify"
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            problem = f"{type(error).__name__} from {link.host}{part.progress}"
    if guard and guard.refused:
        raise ResultError(f"the vendor's link leads to {link.host}: {guard.refused}")
    if final:
        raise ResultError(final)
    raise NotYetError(problem)


def _session(settings: Settings, guard: GuardedSockets | None) -> aiohttp.ClientSession:
    # New for each request: no connection, cookie or name of one host serves for another. The
    # environment's proxies and .netrc are left alone, as aiohttp does unless told otherwise.
    connector = aiohttp.TCPConnector(
        ssl=settings.tls,
        socket_factory=None if settings.proxy else guard,
        use_dns_cache=False,
        force_close=True,
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=settings.timeout, sock_read=settings.timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


async def _ask(session: aiohttp.ClientSession, link: Link, part: Part, settings: Settings) -> str | None:
    request = session.get(
        link.url,
        allow_redirects=False,
        proxy=settings.proxy,
        headers={"Accept-Encoding": "identity", **part.headers()},
    )
    # Bounded as a whole: the time between two bytes says nothing of a head that drips.
    response = await asyncio.wait_for(request, settings.timeout)
    async with response:
        if response.status in _MOVED:
            return response.headers.get("Location", "")
        _check_head(response, part, link.host)
        part.begin(response.status, response.headers, response.content_length)
        with part.open() as file:
            try:
                async for chunk, _ in response.content.iter_chunks():  # as they came: to cut them is to copy
                    part.add(chunk, file)
            finally:
                part.arrived(response.content.total_bytes)
        part.finish()
    return None


def _check_head(response: aiohttp.ClientResponse, part: Part, host: str) -> None:
    if response.status in _MAY_PASS or response.status >= 500:
        raise NotYetError(f"HTTP {response.status} from {host}")
    if response.status == 416:
        raise part.start_over(f"HTTP 416 from {host}")
    if response.status not in (200, 206):
        raise ResultError(
            f"the vendor's link answered HTTP {response.status} from {host}; it may have expired"
        )
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise ResultError(
            f"the vendor's link answered with a compressed body from {host} that nobody asked for"
        )


async def _check_behind_proxy(link: Link, rules: HostRules) -> None:
    log.info("Through the proxy only the resolved name of the result's host is checked, not the connection")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(link.url.host, link.url.port)
    except (OSError, UnicodeError):
        raise NotYetError(f"{link.host} cannot be resolved") from None
    for *_, address in found:
        if reason := rules.refusal(str(address[0])):
            raise ResultError(f"the vendor's link leads to {link.host}: {reason}")
