"""How a callback is refused: the caller gets a status and a fixed text, the log gets the reason."""

from __future__ import annotations

import logging

DETAILS = {
    400: "connection lost",
    401: "unknown",
    408: "too slow",
    409: "this job has had its answers",
    413: "too large",
    422: "not a callback",
    429: "too many at a time",
    503: "try again later",
}


class RejectedError(Exception):
    """
    A callback is not taken.

    :param status: of the HTTP response; one of :data:`DETAILS`.
    :param reason: a format string for the log, the same for all rejections of one kind.
    :param args: what goes into it; nothing that a stranger sent.
    :param unread: whether a part of the body was not read, so that the connection has to be closed.
    """

    def __init__(self, status: int, reason: str, *args: object, unread: bool = False) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.reason_args = args
        self.unread = unread

    @property
    def detail(self) -> str:
        """What the caller is told."""
        return DETAILS[self.status]

    @property
    def level(self) -> int:
        """How loud the log is about it: a refused stranger is not an error of ours."""
        if self.status >= 500:
            return logging.ERROR
        return logging.WARNING if self.status in (409, 429) else logging.INFO

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers that the response needs."""
        headers = {"Connection": "close"} if self.unread else {}
        if self.status in (429, 503):
            headers["Retry-After"] = "30"
        return headers
