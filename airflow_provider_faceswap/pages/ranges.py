"""Conditional requests and ranges, as RFC 9110 has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*\Z")


class Answer(NamedTuple):
    """
    What is sent of a file.

    :param status: 200, 206, 304 or 416.
    :param start: of the first byte.
    :param end: after the last byte.
    """

    status: int
    start: int
    end: int

    def headers(self, size: int) -> dict[str, str]:
        """Return the headers that say so."""
        if self.status == 304:
            return {}
        headers = {"content-length": str(self.end - self.start)}
        if self.status == 206:
            headers["content-range"] = f"bytes {self.start}-{self.end - 1}/{size}"
        elif self.status == 416:
            headers["content-range"] = f"bytes */{size}"
        return headers


def answer_to(headers: Mapping[str, str], size: int, etag: str) -> Answer:
    """
    Return what a request asks for.

    Several ranges at once, and what is no range, get the whole file, which every client must understand.

    :param headers: of the request.
    :param size: of the file.
    :param etag: of the file.
    """
    if _names(headers.get("if-none-match", ""), etag):
        return Answer(304, 0, 0)
    whole = Answer(200, 0, size)
    found = _RANGE.match(headers.get("range", ""))
    if not found or headers.get("if-range", etag) != etag:
        return whole
    first, last = found.groups()
    if not first and not last:
        return whole
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return whole
    return Answer(206, start, end) if start < end else Answer(416, 0, 0)


def _names(condition: str, etag: str) -> bool:
    if condition.strip() == "*":
        return True
    return etag in (part.strip().removeprefix("W/") for part in condition.split(","))
