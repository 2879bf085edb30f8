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
MAX_PIXEL = 1_000_000
_MAX_META_TEXT = 200
_MAX_NUMBER_TEXT = 64
_MAX_SECONDS = 1e7
MAX_TEXT = 500
"""Characters of what is quoted of a vendor's words."""
MAX_PIECE = 8 * MAX_TEXT
"""Characters of a vendor's words that are read to quote them."""
_MAX_SPELT = 8 * MAX_PIECE
"""Characters of a piece that are read: UTF-32 takes four for each."""
# Each piece costs something, however short: a list may hold ten thousand empty ones.
_PIECE_COST = 8
_MAX_DEPTH = 6
# JSON, HTML and URLs in URLs spell a character in other ways; JSON within JSON doubles its backslashes.
_COLON = r"(?:\\{0,8}:|\\{1,8}u003a|%(?:25){0,3}3a|&#(?:0*58|x0*3a);|&colon;)"
_SLASH = r"(?:\\{0,8}/|\\{1,8}u002f|%(?:25){0,3}2f|&#(?:0*47|x0*2f);|&sol;)"
_EQUALS = r"(?:=|\\{1,8}u003d|%(?:25){0,3}3d|&#(?:0*61|x0*3d);|&equals;)"
# A URL's user and password are left out with its path.
_URL_IN_TEXT = re.compile(
    rf"(https?{_COLON}{_SLASH}{{2}})(?:[^/\\\s\"'<>?#@]*(?:@|%(?:25){{0,3}}40))?([^/\\\s\"'<>?#@%&]+)[^\s\"'<>]*",
    re.IGNORECASE,
)
SIGNING_NAMES = (
    r"x-(?:amz|goog)-[a-z0-9-]{1,60}|awsaccesskeyid|googleaccessid|[a-z0-9_-]{0,30}(?:signature|token)"
    r"|sig|key-pair-id|hdn(?:ts|ea|tl)|hmac"
)
"""Of Amazon, Google, Azure (SAS), CloudFront, Akamai and others: what follows them in a query is a secret."""
# Where a URL is torn apart or has lost its scheme, what must not be repeated is known by its name or form.
_SIGNING = rf"(?:{SIGNING_NAMES}|policy)"
_SIGNATURE_IN_TEXT = re.compile(
    rf"({_SIGNING}{_EQUALS})[^\s\"'<>&]+"
    # Of a query that was parsed; without a digit these may be words.
    rf"|({_SIGNING}[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?)(?=[^\s\"'<>]*[0-9])[a-z0-9+/=%._~-]{{24,}}"
    r"|(\b1\.[a-z0-9_-]{1,32}\.[a-z0-9_-]{22}\.)[0-9]{1,12}\.[a-z0-9_-]{43}",  # a callback URL's token
    re.IGNORECASE,
)

# What has the form of one: of S3 and Google in hex, of Azure in base64, session tokens, CloudFront, JWT.
_SIGNATURE_FORM = re.compile(
    r"[0-9a-f]{64,}|(?:[a-z0-9+/]|%(?:25){0,3}2[bf]){43}(?:=|%(?:25){0,3}3d)|[a-z0-9+/=%]{200,}"
    r"|[a-z0-9_~-]{200,}|eyJ[a-z0-9_-]{10,}\.[a-z0-9_-]{10,}\.[a-z0-9_-]+",
    re.IGNORECASE,
)


def read_id(value: object) -> str | None:
    """Return a vendor's job id as text if it is one that may stand in a URL or a file name."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    return text if JOB_ID.match(text) else None


def read_number(value: object, least: float, most: float) -> float | None:
    """Return a number that a vendor states, as a number or as text, if it lies between two bounds."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, str) and len(value) > _MAX_NUMBER_TEXT:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if least <= number <= most else None


def read_seconds(value: object) -> float | None:
    """Return a duration that a vendor states, if it is a sane one."""
    return read_number(value, 0, _MAX_SECONDS)


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
        text += redact(_visible(piece))[:MAX_PIECE]
        left -= len(piece) + _PIECE_COST
        if left <= 0:
            break
    text = _SIGNATURE_IN_TEXT.sub(r"\1\2\3***", _URL_IN_TEXT.sub(r"\1\2/…", text))
    text = _SIGNATURE_FORM.sub("***", text)
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _visible(text: str) -> str:
    # Control characters and lone surrogates break logs and databases; between its letters they hide a key.
    return "".join(char for char in text[:_MAX_SPELT] if char.isprintable() or char.isspace())


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
