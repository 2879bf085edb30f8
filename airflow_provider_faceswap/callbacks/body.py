"""The body of a callback: read up to a limit, and taken if it is a JSON object or list, or a form."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import anyio

from airflow_provider_faceswap.callbacks.folder import MAX_BYTES
from airflow_provider_faceswap.callbacks.rejected import RejectedError

if TYPE_CHECKING:
    from fastapi import Request

MAX_SECONDS = 10.0
"""How long a caller may take to send its body."""
_TOO_LARGE = f"the body is larger than {MAX_BYTES} bytes"


async def read_body(request: Request) -> bytes:
    """
    Read a body, and not a byte more than allowed.

    :param request: whose body; its stated length is believed only if it says "too large".
    :raises RejectedError: 413 or 408.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MAX_BYTES:
        raise RejectedError(413, _TOO_LARGE, unread=True)
    body = bytearray()
    try:
        with anyio.fail_after(MAX_SECONDS):
            async for chunk in request.stream():
                if len(body) + len(chunk) > MAX_BYTES:
                    raise RejectedError(413, _TOO_LARGE, unread=True)
                body += chunk
    except TimeoutError:
        raise RejectedError(408, "the body took more than %.0f s", MAX_SECONDS, unread=True) from None
    return bytes(body)


def normalize_body(body: bytes, content_type: str) -> bytes:
    """
    Return a body as it goes into the inbox: JSON as it was sent, a form as a JSON object.

    :param body: as it was sent.
    :param content_type: what the sender calls it; many call JSON a form.
    :raises RejectedError: 422 if it is neither, 413 if the form is too large as JSON.
    """
    text = body.decode("utf-8-sig", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _form_to_json(text, content_type)
    if not isinstance(value, (dict, list)) or not value:
        raise RejectedError(422, "the body is JSON, but not an object or a list with content")
    return body


def _form_to_json(text: str, content_type: str) -> bytes:
    fields = {}
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        with suppress(ValueError):
            fields = dict(parse_qsl(text, strict_parsing=True, max_num_fields=100))
    if not fields:
        raise RejectedError(422, "the body is neither JSON nor a form")
    converted = json.dumps(fields).encode()
    if len(converted) > MAX_BYTES:  # an escaped character takes up to six bytes
        raise RejectedError(413, _TOO_LARGE)
    return converted
