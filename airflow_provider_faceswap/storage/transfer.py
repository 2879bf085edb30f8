"""One request for a result, to an address that is checked in the moment of connecting."""

from __future__ import annotations

import http.client
import logging
import re
import socket
import ssl
from contextlib import closing
from email.errors import MissingHeaderBodySeparatorDefect
from typing import TYPE_CHECKING

import httpx

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.connections import connection_to, request_for
from airflow_provider_faceswap.storage.hosts import HostRules, Link
from airflow_provider_faceswap.storage.lines import AddressRefusedError, Line, resolve
from airflow_provider_faceswap.storage.part import NotYetError, Part

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

log = logging.getLogger(__name__)

MAX_REDIRECTS = 5
BLOCK = 1024 * 1024
"""Bytes that are read at once at most, hashed and written."""

_ALWAYS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "airflow-provider-faceswap"}
_MOVED = (301, 302, 303, 307, 308)
_MAY_PASS = (404, 408, 421, 425, 429)
_PLAIN = {"Content-Encoding": ("", "identity"), "Transfer-Encoding": ("", "identity", "chunked")}
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)


def fetch(link: Link, part: Part, rules: HostRules, settings: Settings) -> Link:
    """
    Ask for a result, and follow redirects to where it is.

    :param link: checked.
    :param part: takes what comes; its ``link`` is the one that was asked last, also after an error.
    :return: the link that answered with the result.
    :raises NotYetError: if another try may bring more, or the time of the part's budget is over.
    :raises ResultError: if none will.
    """
    for _ in range(MAX_REDIRECTS + 1):
        part.link = link
        moved = transfer(link, part, rules, settings)
        if moved is None:
            return link
        link = rules.follow(link, moved)
    raise ResultError(f"the vendor's link was redirected more than {MAX_REDIRECTS} times")


def transfer(link: Link, part: Part, rules: HostRules, settings: Settings) -> str | None:
    """
    Ask for a result, or for the rest of it, and take what comes.

    :param link: checked.
    :return: where a redirect leads to, or None when all of the result has come.
    :raises NotYetError: if another try may bring more, or the time of the part's budget is over.
    :raises ResultError: if none will.
    """
    problem = final = ""
    guard = None if link.own else rules
    try:
        if settings.proxy and guard:
            _check_behind_proxy(link, part, guard, settings)
        with closing(Line(None if settings.proxy else guard)) as line:
            return _ask(line, link, part, settings)
    except AddressRefusedError as error:
        final = f"the vendor's link leads to {link.host}: {error}"
    except http.client.InvalidURL:
        final = f"the vendor's link to {link.host} is not a valid URL"
    except ssl.SSLCertVerificationError:
        final = f"the certificate of {link.host} is not trusted; see the connection's extra verify"
    except (http.client.HTTPException, OSError, ValueError) as error:
        problem = f"{type(error).__name__} from {link.host}{part.progress}"
    if final:
        raise ResultError(final)
    raise NotYetError(problem)


def _ask(line: Line, link: Link, part: Part, settings: Settings) -> str | None:
    seconds = min(settings.timeout, part.budget.seconds_left)

    def dial(host: str, port: int) -> socket.socket:
        return line.connect(host, port, seconds, settings.timeout)

    with closing(connection_to(link, dial, settings)) as connection:
        # Bounded as a whole: the time between two bytes says nothing of a head that drips.
        with line.within(seconds):
            response = _head(connection, link, part, settings)
        with closing(response):
            if response.status in _MOVED:
                location = response.headers.get("Location", "")
                return location.encode("latin-1").decode("utf-8", "surrogateescape")
            headers = httpx.Headers(response.headers.items(), encoding="latin-1")
            _check_head(response.status, headers, part, link.host)
            length = _length(response, headers)
            part.begin(response.status, headers, length)
            with line.within(part.budget.seconds_left):
                _receive(response, part, length)
            part.finish(proven=bool(response.chunked))
    return None


def _head(
    connection: http.client.HTTPConnection, link: Link, part: Part, settings: Settings
) -> http.client.HTTPResponse:
    target, headers = request_for(link, settings)
    connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    for name, value in {**headers, **_ALWAYS, **part.headers()}.items():
        connection.putheader(name, value)
    connection.endheaders()
    # Not urllib3's own, which logs the URL if a header is malformed.
    response = http.client.HTTPConnection.getresponse(connection)
    if any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in response.headers.defects):
        response.close()
        raise http.client.HTTPException  # the headers behind a malformed one are lost
    return response


def _check_head(status: int, headers: httpx.Headers, part: Part, host: str) -> None:
    if status in _MAY_PASS or status >= 500:
        raise NotYetError(f"HTTP {status} from {host}")
    if status == 416:
        raise part.start_over(f"HTTP 416 from {host}")
    if status not in (200, 206):
        raise ResultError(f"the vendor's link answered HTTP {status} from {host}; it may have expired")
    if any(headers.get(name, "").strip().lower() not in plain for name, plain in _PLAIN.items()):
        raise ResultError(
            f"the vendor's link answered with a compressed body from {host} that nobody asked for"
        )


def _length(response: http.client.HTTPResponse, headers: httpx.Headers) -> int | None:
    given = headers.get("Content-Length", "").strip()
    misread = "chunked" in headers.get("Transfer-Encoding", "").lower() and not response.chunked
    if misread or not _DIGITS.fullmatch(given or "0"):
        raise http.client.HTTPException
    return None if response.chunked or not given else int(given)


def _receive(response: http.client.HTTPResponse, part: Part, length: int | None) -> None:
    left = BLOCK if length is None else length
    with part.open() as file:
        # Not `readinto`, which waits until the buffer is full: it would hide a drip.
        while left and (chunk := response.read1(min(left, BLOCK))):
            part.add(chunk, file)
            if length is not None:
                left -= len(chunk)
    if length is not None and left:
        raise http.client.IncompleteRead(b"", left)


def _check_behind_proxy(link: Link, part: Part, rules: HostRules, settings: Settings) -> None:
    log.info("Through the proxy only the resolved name of the result's host is checked, not the connection")
    seconds = min(settings.timeout, part.budget.seconds_left)
    for *_, address in resolve(link.url.raw_host or "", link.url.port or 0, seconds):
        if reason := rules.refusal(str(address[0])):
            raise AddressRefusedError(reason)
