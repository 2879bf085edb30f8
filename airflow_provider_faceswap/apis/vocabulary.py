"""One vocabulary for all vendors: face, target and reference become an operation and its fields."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import is_url
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.media import Part, from_parts, slots
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.apis.signatures import HEAD, signature
from airflow_provider_faceswap.exceptions import InputError

KINDS: tuple[Kind, ...] = ("image", "video")
_SUFFIXES: dict[str, Kind] = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "bmp", "tif", "tiff"), KINDS[0]),
    **dict.fromkeys(("mp4", "mov", "webm", "mkv", "avi", "m4v", "mpg", "mpeg"), KINDS[1]),
}
_WORDS = {"image": "a picture", "video": "a clip"}
_JPEG_AS_BASE64 = "/9j/"


@dataclass(frozen=True)
class Choice:
    """
    What does what a Dag asks for.

    :param endpoint: the operation's key among the vendor's.
    :param fields: its fields, as a Dag's author would give them.
    """

    endpoint: str
    fields: dict[str, Any]


def choose(chosen: Vendor, kind: Kind, parts: Mapping[str, Any], options: Mapping[str, Any]) -> Choice:
    """
    Return the operation of a vendor that edits a picture or a clip.

    It is the first of those with these parts that takes all options. One whose answer is the result comes
    last: a picture that is lost with its answer cannot be collected.

    :param chosen: the vendor.
    :param kind: ``image`` or ``video``.
    :param parts: ``face``, ``target`` and perhaps ``reference``, with their media.
    :param options: further fields of the operation, or what tells its variants apart.
    :raises InputError: if the vendor has no such operation, or none that takes all options.
    """
    candidates = list(_operations(chosen, kind, parts.keys()))
    if not candidates:
        raise _no_operation(chosen, kind, parts.keys())
    for endpoint, request in sorted(candidates, key=lambda candidate: candidate[1].answers_at_once):
        if _takes(request, options):
            _check_no_url_for_content(chosen, request, parts)
            own = {name: value for name, value in options.items() if name not in request.variant}
            return Choice(endpoint, {**own, **_media(request, parts)})
    raise _wrong_option(chosen, [request for _, request in candidates], options)


def option_names(request: type[Submission]) -> tuple[str, ...]:
    """
    Return an operation's own further fields: neither media nor the callback URL that we fill in.

    :param request: its class.
    """
    filled = {slot.field for slot in slots(request)} | ({"webhook"} if request.webhook_is_ours else set())
    return (*(name for name in request.model_fields if name not in filled), *request.variant)


def part_of(request: type[Submission], name: str) -> Part | None:
    """
    Return which part of the vocabulary a request's field is.

    :param request: its class.
    :param name: of the field, as errors have it, such as ``ref_info.0.face_url``.
    """
    given = name.split(".")
    for slot in slots(request):
        if [own if own != "*" else at for own, at in zip_longest(slot.path, given)] == given:
            return slot.media.part
    return None


def kind_by_name(media: str) -> Kind | None:
    """
    Return whether media are a picture or a clip, by the suffix of their name; content is a picture.

    :param media: a URL, a path, or base64 text.
    :return: None where only the first bytes can say it.
    """
    text = media.strip()
    path = urlsplit(text).path if is_url(text) else text
    _, dot, suffix = path.rpartition("/")[2].rpartition(".")
    if dot and (kind := _SUFFIXES.get(suffix.lower())):
        return kind
    return "image" if _is_content(text) else None


def kind_by_content(head: bytes) -> Kind | None:
    """
    Return whether a file is a picture or a clip.

    :param head: its first bytes.
    """
    return next((kind for kind in KINDS if signature(head, kind)), None)


def _is_content(text: str) -> bool:
    """Return whether a text holds media instead of saying where they lie."""
    if text[:5].lower() == "data:":
        return True
    head = text[:HEAD]
    # The base64 text of a JPEG begins as a path does.
    return "." not in head and "://" not in head and (text[:1] != "/" or text.startswith(_JPEG_AS_BASE64))


def _media(request: type[Submission], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the media fields, with base64 text as the file that it holds where the vendor takes files."""
    files = {slot.media.part for slot in slots(request) if slot.media.content == "file"}
    return from_parts(
        request, {part: _decoded(media) if part in files else media for part, media in parts.items()}
    )


def _decoded(media: Any) -> Any:
    if not isinstance(media, str) or not _is_content(media.strip()):
        return media
    try:
        return base64.b64decode("".join(media.rpartition(";base64,")[2].split()), validate=True)
    except (binascii.Error, ValueError):  # the request's own check says what is wrong
        return media


def _operations(chosen: Vendor, kind: Kind, parts: Collection[str]) -> Iterator[tuple[str, type[Submission]]]:
    for endpoint, request in chosen.operations.items():
        declared = {slot.media.part for slot in slots(request)}
        needed = {
            slot.media.part for slot in slots(request) if request.model_fields[slot.field].is_required()
        }
        if request.kind == kind and needed <= set(parts) <= declared:
            yield endpoint, request


def _check_no_url_for_content(chosen: Vendor, request: type[Submission], parts: Mapping[str, Any]) -> None:
    for slot in slots(request):
        part = slot.media.part
        media = parts.get(part) if part else None
        if part and not slot.media.url and isinstance(media, str) and is_url(media.strip()):
            raise InputError(
                part,
                f"must be a path or base64 text: {chosen.title}'s {request.operation} takes the picture "
                "itself and no URL",
            )


def _takes(request: type[Submission], options: Mapping[str, Any]) -> bool:
    known = option_names(request)
    return all(name in known and value == request.variant.get(name, value) for name, value in options.items())


def _no_operation(chosen: Vendor, kind: Kind, parts: Collection[str]) -> InputError:
    with_reference = " with a reference" if "reference" in parts else ""
    lacking = f"{chosen.title} has no operation for {_WORDS[kind]}{with_reference}"
    others = [
        f"{VENDORS[name]} ({found})" for name in VENDORS if (found := _named(vendor(name), kind, parts))
    ]
    remedy = (
        f"give the conn_id of a vendor that has one: {', '.join(others)}" if others else "no vendor has one"
    )
    without = [part for part in parts if part != "reference"]
    surplus = with_reference and any(_operations(chosen, kind, without))
    return InputError("reference" if surplus else "target", f"{lacking}; {remedy}")


def _named(chosen: Vendor, kind: Kind, parts: Collection[str]) -> str:
    # Variants of an operation have one name.
    return " or ".join(dict.fromkeys(request.operation for _, request in _operations(chosen, kind, parts)))


def _wrong_option(
    chosen: Vendor, candidates: list[type[Submission]], options: Mapping[str, Any]
) -> InputError:
    known = {name for request in candidates for name in option_names(request)}
    takes = "; ".join(
        dict.fromkeys(
            f"{request.operation} takes {', '.join(option_names(request)) or 'none'}"
            for request in candidates
        )
    )
    for name, value in options.items():
        parts = [slot.media.part for request in candidates for slot in slots(request) if slot.field == name]
        if given := " and ".join(dict.fromkeys(part for part in parts if part)):
            return InputError("options", f"{name!r} is not an option: give it as {given}")
        if name not in known:
            return InputError("options", f"{name!r} is not an option of {chosen.title} here: {takes}")
        values = list(
            dict.fromkeys(request.variant[name] for request in candidates if name in request.variant)
        )
        if values and value not in values:
            return InputError("options", f"{name!r} must be {' or '.join(map(repr, values))}")
    together = " and ".join(repr(name) for name in options)
    return InputError("options", f"{chosen.title} has no operation that takes {together} together: {takes}")
