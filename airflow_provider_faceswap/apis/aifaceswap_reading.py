"""How aifaceswap.io's replies are read: an envelope of code, data and message."""

from __future__ import annotations

from typing import Any, NoReturn

from airflow_provider_faceswap.apis.reading import MAX_PIXEL, read_number, read_retry_after, read_seconds
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import AuthenticationError, RefusedForNowError

Box = tuple[int, int, int, int]

ACCEPTED = (0, *range(200, 300))
"""Codes under which a ``task_id`` says "taken"; the documents show 200 alone."""


def read_code(envelope: dict[str, Any] | None) -> int | None:
    """Return the code of an envelope, also where it is text."""
    stated = (envelope or {}).get("code")
    if isinstance(stated, str) and stated.strip().lower() == "success":
        return 200
    code = read_seconds(stated)
    return None if code is None else int(code)


def refuse(reply: Reply, code: int, envelope: dict[str, Any]) -> NoReturn:
    """
    Raise what the refusal of a submission means.

    :raises AuthenticationError: the vendor refused the key.
    :raises RefusedForNowError: too many requests.
    :raises RefusedError: for anything else.
    """
    reason = envelope.get("message") or envelope.get("msg") or envelope.get("data")
    said = reply.one_line(reason)
    if 401 in (code, reply.status):
        raise AuthenticationError(f"aifaceswap.io refused the API key: {said}")
    if 429 in (code, reply.status):
        raise RefusedForNowError(f"aifaceswap.io refused for now: {said}", read_retry_after(reply.headers))
    raise reply.refused(f"aifaceswap.io refused the job (code {code})", reason, code=code)


def read_boxes(value: object) -> tuple[Box, ...] | None:
    """
    Return the boxes of faces, ``(x1, y1, x2, y2)`` in pixels, if these are boxes.

    A face that the edge cuts off may reach out of the picture: its box has numbers below 0.
    """
    if not isinstance(value, list):
        return None
    boxes: list[Box] = []
    for item in value:
        parts = item if isinstance(item, list) else []
        numbers = [read_number(part, -MAX_PIXEL, MAX_PIXEL) for part in parts]
        if len(numbers) != 4 or any(number is None for number in numbers):
            return None
        x1, y1, x2, y2 = (int(number or 0) for number in numbers)
        boxes.append((x1, y1, x2, y2))
    return tuple(boxes)
