"""The kinds of input that vendors ask for, as annotated types that say what to give instead."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, TypeAdapter, ValidationError

from airflow_provider_faceswap.apis.signatures import HEAD, signature

VIDEO_FORMATS = ("mp4", "mov", "webm", "mkv", "avi", "gif")
"""Formats that a stored result is recognised by."""

_BOOL = TypeAdapter(bool)
_MAX_URL = 8192
_MAX_PICTURE = 10 * 1024 * 1024
_DATA_URI = re.compile(r"data:[\w.+/-]+;base64,", re.IGNORECASE)
_ELSEWHERE = "upload the media where the vendor can reach it"
_STORED = "the vendor cannot open a file path; give one in object storage, such as s3://conn_id@bucket/key"


def is_blank(value: object) -> bool:
    """Return whether an argument is not given, or is a template that rendered to nothing."""
    return value is None or (isinstance(value, str) and value.strip() in ("", "None"))


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        raise ValueError("must be text, not bytes; base64 text comes from b64encode(data).decode()")
    if value is not None and not isinstance(value, str):
        raise ValueError(f"must be text, not {type(value).__name__}")
    if is_blank(value):
        raise ValueError("is required; give a value, or check that its template renders to one")
    return value


def as_flag(value: object) -> bool | None:
    """Return a flag as a request understands it, such as False for "False"; None if it does not."""
    try:
        return _BOOL.validate_python(value)
    except ValidationError:
        return None


def as_number(value: Any) -> Any:
    """Return the number that a template rendered to text, and all else as it is."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else value


def is_url(value: str) -> bool:
    """Return whether a text is an absolute http(s) URL with a host, of a sane length."""
    # urlsplit() drops some control characters in silence.
    if len(value) > _MAX_URL or " " in value or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises if it is not a number
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and "\\" not in parts.netloc
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_url(value: str) -> str:
    """
    Return a media URL.

    :raises ValueError: saying what to give instead.
    """
    if not is_url(value) or "{{" in value:
        raise ValueError(f"must be an http(s) URL; {_url_hint(value)}")
    if "@" in urlsplit(value).netloc:
        raise ValueError(
            "must hold no user:password@, which the vendor repeats in its replies; use a signed URL"
        )
    return value


def _url_hint(value: str) -> str:
    if "{{" in value or "{%" in value:
        return "it looks like a template that was not rendered"
    if value[:5].lower() == "data:":
        return f"a data: URI is taken only for pictures, with base64=True; otherwise {_ELSEWHERE}"
    if len(value) > _MAX_URL:
        return f"this text has over {_MAX_URL} characters; base64 text needs base64=True"
    if "://" not in value:
        return _STORED
    if value[:4].lower() == "http":
        return "this one has no valid host or port, or holds blanks or control characters"
    return _ELSEWHERE


def check_base64(value: str) -> str:
    """
    Return base64 text, with or without a ``data:`` prefix.

    :raises ValueError: saying what to give instead.
    """
    remedy = "must be base64 text where base64=True"
    if value[:8].lower().startswith(("http://", "https://")):
        raise ValueError(f"{remedy}, not a URL; set base64=False to pass URLs")
    try:
        content = base64.b64decode("".join(_DATA_URI.sub("", value, count=1).split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{remedy}; encode the file with base64.b64encode(data).decode()") from None
    if not content:
        raise ValueError(f"{remedy}, and it is empty")
    if len(content) > _MAX_PICTURE:
        raise ValueError(f"holds over {_MAX_PICTURE} bytes; {_ELSEWHERE} and pass its URL, with base64=False")
    check_content(content)
    return value


def check_content(content: bytes) -> None:
    """
    Check that content is a picture's: whatever else a template renders to stays here.

    :raises ValueError: if it is something else.
    """
    if not signature(content[:HEAD], "image"):
        raise ValueError("does not hold a picture such as JPEG or PNG; it was not sent")


def check_picture(value: str) -> str:
    """
    Return a picture's URL or base64 text.

    :raises ValueError: saying what to give instead.
    """
    if "://" in value[:64] and value[:5].lower() != "data:":
        return check_url(value)
    try:
        return check_base64(value)
    except ValueError:
        raise ValueError(
            "must be an http(s) URL, a path such as s3://conn_id@bucket/key, or base64 text of a picture"
        ) from None


def _format(value: str) -> str:
    if value.lower() not in VIDEO_FORMATS:
        raise ValueError(f"must be one of {', '.join(VIDEO_FORMATS)}")
    return value.lower()


def _optional(value: Any) -> Any:
    if is_blank(value):
        return None
    return check_url(_text(value).strip())


def _track_id(value: Any) -> Any:
    if is_blank(value):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"must be a whole number or text, not {type(value).__name__}")
    if isinstance(value, int):
        if abs(value) >= 2**63:
            raise ValueError("must be a whole number of at most 63 bits, or text")
        return value
    text = value.strip()
    if len(text) > 255 or not text.isprintable():
        raise ValueError("must be a whole number, or one line of at most 255 characters")
    return as_number(text)


Text = Annotated[str, BeforeValidator(_text)]
"""Required text."""
MediaUrl = Annotated[Text, AfterValidator(check_url)]
"""A URL that the vendor fetches."""
OptionalUrl = Annotated[str | None, BeforeValidator(_optional)]
"""A URL, or nothing."""
VideoFormat = Annotated[Text, AfterValidator(_format)]
"""A video format's short name."""
TrackId = Annotated[int | str | None, BeforeValidator(_track_id)]
"""What the vendor passes on to a webhook: a whole number where it is one, otherwise text."""
