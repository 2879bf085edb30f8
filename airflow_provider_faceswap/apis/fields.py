"""The kinds of input that vendors ask for, as annotated types that say what to give instead."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

_DATA_URI = re.compile(r"data:[\w.+/-]+;base64,", re.IGNORECASE)


def _text(value: Any) -> Any:
    if value is None or value in ("", "None"):
        raise ValueError("is required; give a value, or look whether its template renders to one")
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {type(value).__name__}")
    return value


def is_url(value: str) -> bool:
    """Tell whether a text is an absolute http(s) URL with a host."""
    try:
        parts = urlsplit(value)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and " " not in value
    except ValueError:
        return False


def check_url(value: str) -> str:
    """
    Return a media URL.

    :raises ValueError: saying what to give instead.
    """
    if not is_url(value):
        hint = "a file path is of no use to the vendor; " if "://" not in value else ""
        raise ValueError(f"must be an http(s) URL; {hint}upload the media where the vendor can reach it")
    return value


def check_base64(value: str) -> str:
    """
    Return base64 text, with or without a ``data:`` prefix.

    :raises ValueError: saying what to give instead.
    """
    remedy = "must be base64 text where base64=True"
    if is_url(value):
        raise ValueError(f"{remedy}, not a URL; set base64=False to pass URLs")
    try:
        content = base64.b64decode("".join(_DATA_URI.sub("", value, count=1).split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{remedy}; encode the file with base64.b64encode(data).decode()") from None
    if not content:
        raise ValueError(f"{remedy}, and it is empty")
    return value


def _format(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]{2,5}", value):
        raise ValueError("must be a file format such as mp4")
    return value


def _nothing(value: Any) -> Any:
    return None if value in ("", "None") else value


Text = Annotated[str, BeforeValidator(_text)]
"""Required text."""
MediaUrl = Annotated[Text, AfterValidator(check_url)]
"""A URL that the vendor fetches."""
OptionalUrl = Annotated[
    Annotated[str, AfterValidator(check_url)] | None,
    BeforeValidator(_nothing),
]
"""A URL, or nothing."""
Format = Annotated[Text, AfterValidator(_format)]
"""A file format's short name."""
