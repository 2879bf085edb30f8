"""Faces cut out of a frame, as vendors take them for a reference."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from airflow_provider_faceswap.exceptions import InputError, ResultError
from airflow_provider_faceswap.media.errors import UnreadableError, explained
from airflow_provider_faceswap.storage.formats import HEAD, recognise

_MAX_BYTES = 64 * 1024**2
_MAX_MARGIN = 4
_MAX_NUMBER = 1e6
_DECODERS = {"jpg": "mjpeg", "png": "png", "webp": "webp"}
_GIVE = "give the picture's bytes, its base64 text or the path of its file"


def crop_faces(frame: bytes | str, boxes: Sequence[Sequence[float]], margin: float = 0.25) -> list[str]:
    """
    Cut faces out of a frame, for the ``face_ref`` of a ``ref_info``.

    :param frame: a JPEG, PNG or WebP picture: its bytes, its base64 text, or the path of its file
        in object storage, or on local disk below a folder of ``[faceswap] local_roots``.
    :param boxes: of the faces, each ``[x1, y1, x2, y2]``, as the extraction operators return them.
    :param margin: what is kept around a face, as a part of its width and height.
    :return: for each box, base64 text of a JPEG picture.
    :raises InputError: naming the remedy.
    """
    if not _is_number(margin) or not 0 <= margin <= _MAX_MARGIN:
        raise InputError("margin", f"must be a number from 0 to {_MAX_MARGIN}")
    content = _content(frame)
    places = [[float(number) for number in box] for box in _checked(boxes)]
    with explained("frame", _GIVE):
        return _cut(content, places, margin)


def _cut(content: bytes, boxes: list[list[float]], margin: float) -> list[str]:
    from airflow_provider_faceswap.media.process import decode

    try:
        name = recognise(content[:HEAD], "image").name
    except ResultError:
        name = ""
    if name not in _DECODERS:
        raise UnreadableError("it is not a JPEG, PNG or WebP picture")
    arguments = {"decoder": _DECODERS[name], "boxes": boxes, "margin": float(margin)}
    return decode(_Picture(content), "faces", len(boxes), **arguments).pictures


class _Picture:
    """The content of a picture, for the process that decodes it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.total = len(content)

    def read_at(self, offset: int, size: int) -> bytes:
        """Return the bytes from there on, at most that many."""
        return self._content[offset : offset + size]


def _content(frame: bytes | str) -> bytes:
    if isinstance(frame, bytes):
        return frame
    from airflow_provider_faceswap.storage.sources import File, is_base64, source_of

    source = source_of("frame", frame)
    if isinstance(source, File):
        if not 0 < source.size <= _MAX_BYTES:
            raise InputError("frame", f"names a file that is empty, or larger than {_MAX_BYTES} bytes")
        return source.content()
    if not isinstance(frame, str):
        raise InputError("frame", f"must not be {type(frame).__name__}; {_GIVE}")
    if not is_base64(frame.strip()):
        raise InputError("frame", f"is neither a picture nor the absolute path of a file; {_GIVE}")
    return _decoded(frame.strip())


def _decoded(text: str) -> bytes:
    encoded = text.partition(",")[2] if text[:5].lower() == "data:" else text
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("frame", f"is base64 text that breaks off or is damaged; {_GIVE}") from None


def _checked(boxes: Sequence[Sequence[float]]) -> Sequence[Sequence[float]]:
    if not isinstance(boxes, Sequence) or not boxes:
        raise InputError("boxes", "must be a list of at least one [x1, y1, x2, y2]")
    for number, box in enumerate(boxes, start=1):
        if not isinstance(box, Sequence) or len(box) != 4 or not all(map(_is_number, box)):
            raise InputError("boxes", f"number {number} must be [x1, y1, x2, y2], four numbers")
        if box[0] >= box[2] or box[1] >= box[3]:
            raise InputError("boxes", f"number {number} must be [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
    return boxes


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _MAX_NUMBER
