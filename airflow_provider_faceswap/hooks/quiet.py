"""Keep the log lines of httpx and httpcore off our requests, and off no others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# At DEBUG, httpcore logs the headers of replies, which may hold a result's URL.
_LOGGERS = ("httpx", "httpcore.http11", "httpcore.http2")
_ours: ContextVar[bool] = ContextVar("faceswap_request", default=False)


def _not_ours(record: logging.LogRecord) -> bool:
    return not _ours.get()


@contextmanager
def unlogged() -> Iterator[None]:
    """Send httpx requests without its line "HTTP Request: POST <url>", one per poll."""
    # A filter and not a level: the user's own httpx clients in this process go on logging as configured.
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_not_ours)
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)
