"""How single values of a vendor's reply are read: nothing that a vendor sends is trusted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import mktime_tz, parsedate_tz

from airflow_provider_faceswap.apis.fields import is_url

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
META_KEYS = ("seed", "file_prefix", "watermark", "output_format", "request_id")

MAX_URLS = 64
_MAX_META_TEXT = 200
_MAX_NUMBER_TEXT = 64
MAX_TEXT = 500
"""Characters of what is quoted of a vendor's words."""
MAX_PIECE = 8 * MAX_TEXT
"""Characters of a vendor's words that are read to quote them."""
_MAX_DEPTH = 6
# In JSON the slashes of a URL may stand escaped. Its user and password are left out with its path.
_URL_IN_TEXT = re.compile(
    r"(https?:(?:\\?/|\\u002f){2})(?:[^/\\\s\"'<>?#@]*@)?([^/\\\s\"'<>?#@]+)[^\s\"'<>]*", re.IGNORECASE
)


def read_id(value: object) -> str | None:
    """Return a vendor's job id as text if it is one that may stand in a URL or a file name."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    return text if JOB_ID.match(text) else None


def read_seconds(value: object) -> float | None:
    """Return a duration that a vendor states, if it is a sane one."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, str) and len(value) > _MAX_NUMBER_TEXT:
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds < 1e7 else None


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of ``Retry-After``; a date there counts from the reply's own ``Date``."""
    stated = headers.get("retry-after")
    seconds = read_seconds(stated)
    if seconds is None and stated:
        until, sent = _epoch(stated), _epoch(headers.get("date"))
        if until is not None and sent is not None:
            seconds = read_seconds(max(0.0, until - sent))
    return seconds


def _epoch(date: object) -> float | None:
    try:
        parsed = parsedate_tz(str(date))
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def read_urls(*candidates: object) -> tuple[str, ...]:
    """Return the absolute http(s) URLs of the first candidate (list or text) that holds any."""
    for value in candidates:
        items = value[:MAX_URLS] if isinstance(value, list) else [value]
        stripped = (item.strip() for item in items if isinstance(item, str))
        urls = tuple(filter(is_url, stripped))
        if urls:
            return urls
    return ()


def read_meta(value: object, redact: Callable[[str], str] = str) -> dict[str, str | int | float | bool]:
    """Return what is kept of a vendor's metadata: vendors echo inputs there, so it is an allow-list."""
    if not isinstance(value, dict):
        return {}
    kept = {key: _small(value[key], redact) for key in META_KEYS if key in value}
    return {key: item for key, item in kept.items() if item is not None}


def _small(value: object, redact: Callable[[str], str]) -> str | int | float | bool | None:
    if isinstance(value, str):
        return one_line(value, redact, _MAX_META_TEXT)
    if isinstance(value, int):  # a boolean is one, too
        return value if abs(value) < 2**63 else None
    return value if isinstance(value, float) and math.isfinite(value) else None


def one_line(value: object, redact: Callable[[str], str] = str, most: int = MAX_TEXT) -> str:
    """
    Flatten what a vendor says of an error into one line for people.

    :param value: text, or a list or object of texts; URLs in it are cut to their host.
    :param redact: takes out what must not be repeated; it is given whole pieces, since half of a secret
        that is cut would stay, and needs to return the first :data:`MAX_PIECE` characters alone.
    :param most: characters of the result.
    """
    text, left = "", MAX_PIECE
    for piece in _pieces(value):  # ends early: a hostile reply is one huge piece, or millions of them
        text += redact(piece)[:MAX_PIECE]
        left -= len(piece)
        if left <= 0:
            break
    text = _URL_IN_TEXT.sub(r"\1\2/…", text)
    # Control characters and lone surrogates break logs and databases.
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _pieces(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, (dict, list)) and depth == _MAX_DEPTH:
        yield "…"
    elif isinstance(value, dict):
        for number, (key, item) in enumerate(value.items()):
            yield "; " if number else ""
            yield str(key)
            yield ": "
            yield from _pieces(item, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _pieces(item, depth + 1)
    elif value is not None:
        yield str(value)
