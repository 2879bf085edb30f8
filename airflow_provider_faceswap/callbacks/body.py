"""What a receiver takes for a callback: any JSON object or list, or a form."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl


class RubbishError(ValueError):
    """A body is neither JSON nor a form."""


def readable(body: bytes, content_type: str) -> bytes:
    """
    Return a body as it goes into the inbox: JSON as it was sent, a form as a JSON object.

    :param body: as it was sent.
    :param content_type: what the sender calls it; many call JSON a form.
    :raises RubbishError: if no callback can be read from it.
    """
    text = body.decode("utf-8-sig", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _form(text, content_type)
        if not value:
            raise RubbishError("neither JSON nor a form") from None
        return json.dumps(value).encode()
    if not isinstance(value, (dict, list)) or not value:
        raise RubbishError("JSON, but no object or list with anything in it")
    return body


def _form(text: str, content_type: str) -> dict[str, str]:
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return {}
    try:
        return dict(parse_qsl(text, strict_parsing=True, max_num_fields=100))
    except ValueError:
        return {}
