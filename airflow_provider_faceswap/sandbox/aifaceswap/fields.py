"""What requests to aifaceswap.io may say, what they ask for, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from airflow_provider_faceswap.sandbox.http.addresses import is_http_url
from airflow_provider_faceswap.sandbox.pictures.inputs import decode_base64
from airflow_provider_faceswap.sandbox.pictures.work import FaceSearch, Replacement, Source, Swap, Work

EXTRACTIONS = ("extract_face", "extract_base64_face")
MULTIPLE = ("multi_faceswap", "multi_video_faceswap")
# The image fields that may come as a file: these two operations also take multipart/form-data.
FILE_OPERATIONS = ("faceswap", "extract_face")
OPERATIONS = (*FILE_OPERATIONS, "multi_faceswap", "video_faceswap", "extract_base64_face", MULTIPLE[1])
PRICES = {"faceswap": 2, "extract_face": 2, "multi_faceswap": 5, "extract_base64_face": 2}
VIDEO_RATES = {0: 2, 1: 4, 2: 6}
MAX_REFERENCES = 3

Body = Mapping[str, Any]


class BadField(Exception):
    """A field that is refused; the message is for the client."""


def work_of(operation: str, body: Body) -> Work:
    """
    Return what a request asks for; the first field that is wrong raises :exc:`BadField`.

    :param operation: the operation.
    :param body: the request; files are bytes.
    """
    if operation == "extract_face":
        return FaceSearch(_image(body, "img"))
    if operation == "extract_base64_face":
        return FaceSearch(_base64(body, "base64_img"))
    if operation == "faceswap":
        face = _image(body, "face_image")
        return Swap(_image(body, "source_image"), (Replacement(face, target_number=0),))
    if operation == "multi_faceswap":
        return Swap(_url(body, "source_image"), _numbered(body), order="left")
    scene = _url(body, "source_video")
    if operation == "video_faceswap":
        return Swap(scene, (Replacement(_url(body, "face_image"), target_number=0),), is_video=True)
    return Swap(scene, _referenced(body), is_video=True)


def price_of(operation: str, body: Body) -> int:
    """
    Return what a request costs, in credits; a fraction of a credit counts as a whole one.

    :param operation: the operation.
    :param body: the request, whose other fields are valid.
    """
    if operation in PRICES:
        return PRICES[operation]
    duration = body.get("duration")
    if duration is None:
        raise BadField("duration is required")
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 < duration < 1e6:
        raise BadField("duration must be a number of seconds")
    enhance = body.get("enhance", 0)
    if not isinstance(enhance, int) or isinstance(enhance, bool) or enhance not in VIDEO_RATES:
        raise BadField("enhance must be 0, 1 or 2")
    rate = VIDEO_RATES[enhance]
    if operation == "multi_video_faceswap":
        rate = (len(body["ref_info"]) + 1 + enhance) * 2
    return math.ceil(duration * rate)


def webhook_of(body: Body) -> str:
    """
    Return the URL of the client's receiver, empty if it gave none.

    :param body: the request.
    """
    return _url(body, "webhook").url if body.get("webhook") else ""


def _url(body: Body, name: str, label: str = "") -> Source:
    value = body.get(name)
    if not value:
        raise BadField(f"{label or name} is required")
    if not isinstance(value, str) or not is_http_url(value.strip()):
        raise BadField(f"{label or name} must be a complete URL")
    return Source(label or name, url=value.strip())


def _image(body: Body, name: str) -> Source:
    value = body.get(name)
    return Source(name, content=value) if isinstance(value, bytes) else _url(body, name)


def _base64(body: Body, name: str, label: str = "") -> Source:
    value = body.get(name)
    if not value:
        raise BadField(f"{label or name} is required")
    content = decode_base64(value) if isinstance(value, str) else b""
    if not content:
        raise BadField(f"{label or name} must be a base64 image")
    return Source(label or name, content=content)


def _numbered(body: Body) -> tuple[Replacement, ...]:
    faces, numbers = _list(body, "face_image"), _list(body, "index")
    if len(faces) != len(numbers):
        raise BadField("index must have a number for each face_image")
    if not all(
        isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers
    ):
        raise BadField("index must be a list of numbers")
    sources = [_url({"face_image": face}, "face_image", f"face_image[{i}]") for i, face in enumerate(faces)]
    return tuple(Replacement(face, target_number=n) for face, n in zip(sources, numbers, strict=True))


def _referenced(body: Body) -> tuple[Replacement, ...]:
    references = _list(body, "ref_info")
    if len(references) > MAX_REFERENCES:
        raise BadField(f"ref_info supports up to {MAX_REFERENCES} faces")
    if not all(isinstance(reference, dict) for reference in references):
        raise BadField("ref_info must be a list of objects")
    return tuple(
        Replacement(
            _url(one, "face_url", f"ref_info[{i}].face_url"),
            reference=_base64(one, "face_ref", f"ref_info[{i}].face_ref"),
        )
        for i, one in enumerate(references)
    )


def _list(body: Body, name: str) -> list[Any]:
    value = body.get(name)
    if not value:
        raise BadField(f"{name} is required")
    if not isinstance(value, list):
        raise BadField(f"{name} must be a list")
    return value
