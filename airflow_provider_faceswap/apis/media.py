"""Which fields of a request are media: what each must be, which part it plays, how the vendor gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from airflow_provider_faceswap.apis.kind import Kind

Part = Literal["face", "target", "reference"]
"""What a media field is for: the new face, the picture or clip to edit, which of its faces is replaced."""

MAX_PICTURE = 10 * 1024 * 1024
"""Bytes of a picture that is sent along with a request."""
MAX_PRESIGN = 7 * 24 * 3600
"""Seconds that a signed URL is valid for at most, by Signature V4 of Amazon and of Google."""
_EACH = "*"


@dataclass(frozen=True)
class Media:
    """
    Marks a field of a request as media, within ``Annotated``.

    :param kind: what the file must be.
    :param part: which part it plays in the common vocabulary; None for what is not part of a swap.
    :param url: whether the vendor fetches it from a URL.
    :param content: how its content is sent along, if it may be: as ``base64`` text, or as a ``file``.
    :param only_with: the request's own field that, when true, has content sent instead of URLs.
    :param max_bytes: of content that is sent along.
    """

    kind: Kind
    part: Part | None = None
    url: bool = True
    content: Literal["base64", "file"] | None = None
    only_with: str = ""
    max_bytes: int = MAX_PICTURE


_Found = tuple[tuple[str, ...], Media]


@dataclass(frozen=True)
class Slot:
    """
    Where a request holds media.

    :param path: names of fields, one within the other; ``*`` stands for each item of a list.
    :param media: what belongs there.
    """

    path: tuple[str, ...]
    media: Media

    @property
    def field(self) -> str:
        """The request's own field that the media are in."""
        return self.path[0]


@lru_cache(maxsize=64)
def slots(model: type[BaseModel]) -> tuple[Slot, ...]:
    """
    Return where a request, or a model within one, holds media.

    :param model: its class; fields of lists and of models within it are looked into.
    """
    found = []
    for name, field in model.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, Media)]
        within: Iterable[_Found] = [((), marks[0])] if marks else _within(field.annotation)
        found += [Slot((name, *path), media) for path, media in within]
    return tuple(found)


def _within(annotation: Any) -> Iterator[_Found]:
    if get_origin(annotation) is Annotated:
        annotation, *marks = get_args(annotation)
        if found := [mark for mark in marks if isinstance(mark, Media)]:
            yield (), found[0]
            return
    if get_origin(annotation) is list:
        for path, media in _within(get_args(annotation)[0]):
            yield (_EACH, *path), media
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for slot in slots(annotation):
            yield slot.path, slot.media


def map_media(
    model: type[BaseModel], fields: Mapping[str, Any], replace: Callable[[str, Any, Media], Any]
) -> dict[str, Any]:
    """
    Return a request's fields with each medium replaced.

    :param model: the request's class.
    :param fields: as a Dag's author gives them: what has another shape stays as it is.
    :param replace: is given each medium's name, such as ``ref_info.0.face_url``, its value and its mark.
    """
    found: dict[str, Any] = dict(fields)
    for slot in slots(model):
        found = _replaced(found, slot.path, (), partial(_with_mark, replace, slot.media))
    return found


def _with_mark(replace: Callable[[str, Any, Media], Any], media: Media, name: str, value: Any) -> Any:
    return replace(name, value, media)


def _replaced(
    value: Any, path: tuple[str, ...], name: tuple[str, ...], replace: Callable[[str, Any], Any]
) -> Any:
    if not path:
        return value if value is None else replace(".".join(name), value)
    if path[0] == _EACH and isinstance(value, (list, tuple)):
        return [_replaced(item, path[1:], (*name, str(number)), replace) for number, item in enumerate(value)]
    if isinstance(value, Mapping) and path[0] in value:
        return {**value, path[0]: _replaced(value[path[0]], path[1:], (*name, path[0]), replace)}
    return value


def from_parts(model: type[BaseModel], parts: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a request's media fields from the common vocabulary.

    :param model: the request's class.
    :param parts: ``face``, ``target`` and perhaps ``reference``; a list of media gets one item.
    """
    fields: dict[str, Any] = {}
    for slot in slots(model):
        if (part := slot.media.part) and part in parts:
            _put(fields, slot.path, parts[part])
    return fields


def _put(holder: Any, path: tuple[str, ...], value: Any) -> None:
    key: Any = 0 if path[0] == _EACH else path[0]
    if len(path) == 1:
        inner = value
    else:
        inner = holder[key] if _has(holder, key) else ([] if path[1] == _EACH else {})
        _put(inner, path[1:], value)
    if isinstance(holder, list):
        holder[:] = [inner]
    else:
        holder[key] = inner


def _has(holder: Any, key: Any) -> bool:
    return len(holder) > key if isinstance(holder, list) else key in holder
