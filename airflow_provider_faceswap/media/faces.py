"""Faces cut out of a frame, as vendors take them for a reference."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow_provider_faceswap.exceptions import InputError, ResultError
from airflow_provider_faceswap.media.errors import explained
from airflow_provider_faceswap.storage.formats import HEAD, recognise

_MAX_BYTES = 64 * 1024**2
_MAX_MARGIN = 4
_GIVE = "give the picture's bytes, its base64 text or the path of its file"


def crop_faces(frame: bytes | str, boxes: Sequence[Sequence[float]], margin: float = 0.25) -> list[str]:
    """
    Cut faces out of a frame, for the ``face_ref`` of a ``ref_info``.

    :param frame: a JPEG, PNG or WebP picture: its bytes, its base64 text or the path of its file.
    :param boxes: of the faces, each ``[x1, y1, x2, y2]``, as the extraction operators return them.
    :param margin: what is kept around a face, as a part of its width and height.
    :return: for each box, base64 text of a JPEG picture.
    :raises InputError: naming the remedy.
    """
    from airflow_provider_faceswap.media.pictures import cut, from_bytes, to_jpeg

    if not _is_number(margin) or not 0 <= margin <= _MAX_MARGIN:
        raise InputError("margin", f"must be a number from 0 to {_MAX_MARGIN}")
    content = _content(frame)
    with explained("frame", _GIVE):
        picture = from_bytes(content)
    places = _places(boxes, margin, picture.width, picture.height)
    return [base64.b64encode(to_jpeg(cut(picture, *place))).decode() for place in places]


def _content(frame: bytes | str) -> bytes:
    if isinstance(frame, bytes):
        return frame
    if not isinstance(frame, str):
        raise InputError("frame", f"must be no {type(frame).__name__}; {_GIVE}")
    text = frame.strip()
    # The base64 text of a JPEG picture begins like a path.
    return _decoded(text) if _is_base64(text) else _read(text)


def _is_base64(text: str) -> bool:
    try:
        return recognise(text[:HEAD].encode(), "image").encoded
    except ResultError:
        return False


def _decoded(text: str) -> bytes:
    encoded = text.partition(",")[2] if text[:5].lower() == "data:" else text
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("frame", f"is base64 text that breaks off or is damaged; {_GIVE}") from None


def _read(text: str) -> bytes:
    path = Path(text)
    try:
        if path.is_file():
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
            if len(content) <= _MAX_BYTES:
                return content
            raise InputError("frame", f"is a file of over {_MAX_BYTES} bytes; {_GIVE}")
    except (OSError, ValueError):  # a text that can be no path is none
        pass
    raise InputError("frame", f"is no picture, and no file that can be read; {_GIVE}")


def _places(
    boxes: Sequence[Sequence[float]], margin: float, width: int, height: int
) -> list[tuple[int, int, int, int]]:
    if not isinstance(boxes, Sequence) or not boxes:
        raise InputError("boxes", "must be a list of [x1, y1, x2, y2] that holds one at least")
    return [_place(number, box, margin, width, height) for number, box in enumerate(boxes, start=1)]


def _place(number: int, box: Any, margin: float, width: int, height: int) -> tuple[int, int, int, int]:
    """Return a box with its margin, in whole pixels of the picture."""
    if not isinstance(box, Sequence) or len(box) != 4 or not all(map(_is_number, box)):
        raise InputError("boxes", f"number {number} must be [x1, y1, x2, y2], four numbers")
    x1, y1, x2, y2 = box
    if x1 >= x2 or y1 >= y2:
        raise InputError("boxes", f"number {number} must be [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
    if x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0:
        raise InputError("boxes", f"number {number} lies outside the picture of {width} x {height}")
    across, down = margin * (x2 - x1), margin * (y2 - y1)
    return (
        max(0, math.floor(x1 - across)),
        max(0, math.floor(y1 - down)),
        min(width, math.ceil(x2 + across)),
        min(height, math.ceil(y2 + down)),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
