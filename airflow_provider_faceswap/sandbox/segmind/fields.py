"""
What a request to Segmind's faceswap-v2 may say, and what it asks for.

``source_img`` supplies the new faces, ``target_img`` is edited. Faces are numbered from large to small. The
first of ``source_faces_index`` goes onto the first of ``input_faces_index``, the second onto the second; a
single source face goes onto all.
"""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_faceswap.sandbox.http.addresses import is_http_url
from airflow_provider_faceswap.sandbox.pictures.inputs import decode_base64
from airflow_provider_faceswap.sandbox.pictures.work import Replacement, Source, Swap

PICTURES = ("source_img", "target_img")
INDICES = ("input_faces_index", "source_faces_index")
RESTORERS = ("codeformer-v0.1.0.pth", "GFPGANv1.4.pth", "GFPGANv1.3.pth")
INDEX_LIST = re.compile(r"\d{1,2}(,\d{1,2})*", re.ASCII)


class BadField(Exception):
    """
    A field that is refused.

    :param code: the HTTP status of the refusal.
    :param message: its message.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def checked_swap(body: dict[str, Any]) -> Swap:
    """
    Return the swap that a request asks for.

    The first field that is wrong raises :exc:`BadField`: 400, or 406 for a value outside its set.

    :param body: the request.
    """
    _check(body)
    faces, scene = (_source(name, body[name]) for name in PICTURES)
    targets, sources = (_indices(body, name) for name in INDICES)
    if len(sources) == 1:
        sources *= len(targets)
    pairs = zip(sources, targets, strict=True)
    return Swap(scene, tuple(Replacement(faces, source, target_number=target) for source, target in pairs))


def _check(body: dict[str, Any]) -> None:
    for name in PICTURES:
        value = body.get(name)
        if not value:
            raise BadField(400, f"{name} is required")
        if not isinstance(value, str) or not (is_http_url(value.strip()) or decode_base64(value)):
            raise BadField(400, f"{name} must be an image URL or base64")
    if not isinstance(body.get("base64", False), bool):
        raise BadField(400, "base64 must be a boolean")
    if body.get("face_restore", RESTORERS[0]) not in RESTORERS:
        raise BadField(406, f"face_restore must be one of {', '.join(RESTORERS)}")
    for name in INDICES:
        if not INDEX_LIST.fullmatch(_index_text(body, name)):
            raise BadField(406, f"{name} must be a list of numbers, such as 0,1")
    targets, sources = (_indices(body, name) for name in INDICES)
    if len(sources) not in (1, len(targets)):
        raise BadField(406, "source_faces_index must have one number, or as many as input_faces_index")


def _index_text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "0")
    # Documented as a string; public clients send a number.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return "".join(value.split()) if isinstance(value, str) else ""


def _indices(body: dict[str, Any], name: str) -> list[int]:
    return [int(number) for number in _index_text(body, name).split(",")]


def inputs_of(body: dict[str, Any]) -> dict[str, Any]:
    """
    Return what the result depends on, as it was sent.

    :param body: the request.
    """
    defaults = {"input_faces_index": "0", "source_faces_index": "0", "face_restore": RESTORERS[0]}
    return {name: body.get(name, defaults.get(name)) for name in (*PICTURES, *defaults)}


def no_swap() -> Swap:
    """Return a stand-in for the swap of an invalid request: v2 accepts it, and its job fails."""
    return Swap(Source("target_img"), ())


def _source(name: str, value: str) -> Source:
    if is_http_url(value.strip()):
        return Source(name, url=value.strip())
    return Source(name, content=decode_base64(value))
