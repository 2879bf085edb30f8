"""A row's fields by the request's own model: as they will be sent, and without any network."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import ValidationError

from airflow_provider_faceswap.apis.fields import as_flag, is_blank
from airflow_provider_faceswap.apis.media import Media, map_media, slots
from airflow_provider_faceswap.apis.request import Submission
from airflow_provider_faceswap.batch.items.faults import shown
from airflow_provider_faceswap.batch.items.values import Problems
from airflow_provider_faceswap.storage.files import File, LocalFile, Source
from airflow_provider_faceswap.storage.folders import LOCAL, url_problem
from airflow_provider_faceswap.storage.sources import Link, source_of

# What a path becomes when it is sent: a URL or a picture's content.
_A_URL = "https://example.com/media"
_A_PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0").decode()
_LONG = 1024


def check_fields(request: type[Submission], fields: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """
    Return a row's fields, media as they were given and everything else as the request understands it.

    :param request: its class.
    :param fields: by the vendor's names.
    :param problems: takes up what is wrong with them.
    """
    sources = _sources(request, fields)
    flags = _flags(fields, sources)

    def stand_in(name: str, value: Any, media: Media) -> Any:
        if name not in sources or not isinstance(sources[name][0], File):
            return value
        content = flags.get(media.only_with) if media.only_with else not media.url
        if problem := path_problem(value) or _unreachable(sources[name][0], media, bool(content)):
            problems.append((_shown(name), problem))
        return _A_PICTURE if content else _A_URL

    sent = {**map_media(request, fields, stand_in), **flags}
    if request.clip_length and is_blank(sent.get(request.clip_length)):
        sent[request.clip_length] = 1.0  # it is measured before it is sent
    try:
        made = request.model_validate(sent)
    except ValidationError as error:
        problems += _of_model(error)
        return dict(fields)
    media = {slot.field for slot in slots(request)}
    found = dict(fields)
    for name in fields.keys() - media:
        value = getattr(made, name)
        if isinstance(value, float) and not math.isfinite(value):
            problems.append((name, "must be a finite number"))
        elif isinstance(value, (bool, int, float, str)):  # "2.50" of a CSV file and 2.5 are one purchase
            found[name] = value
    return found


def typed(request: type[Submission], name: str, cell: str) -> Any:
    """
    Return a cell of a CSV file as what its field takes.

    :param request: its class.
    :param name: of the field.
    :param cell: its text.
    :raises ValueError: if the field takes a list, and the cell holds none.
    """
    field = request.model_fields.get(name)
    if field is None or _takes_text(field.annotation):
        return cell
    try:
        found = json.loads(cell, parse_constant=str)
    except (ValueError, RecursionError):
        found = cell
    if get_origin(field.annotation) is list and not isinstance(found, list):
        raise ValueError('must be a JSON list, such as [0, 1] or ["s3://conn_id@bucket/key"]')
    return found


@lru_cache(maxsize=4096)
def path_problem(path: str) -> str:
    """
    Return what is wrong with the form of a path, or nothing.

    :param path: of a file in object storage or on local disk.
    """
    from airflow.sdk.io import has_fs

    scheme, separator, rest = path.strip().partition("://")
    if not separator or path.strip().startswith("/"):
        return ""
    if scheme.lower() in LOCAL and "::" not in path:
        return "" if rest.startswith("/") else "must be absolute, such as file:///data/clip.mp4"
    if "::" in path or not has_fs(scheme.lower()):
        return (
            "must be a URL, or a path in an object store that Airflow serves, such as s3://conn_id@bucket/key"
        )
    if problem := url_problem(path.strip()):
        return problem
    return "" if urlsplit(path.strip()).path.strip("/") else "names a bucket, and not a file in it"


def _source(value: str) -> Source | None:
    # Rows share a face; content would fill the memory.
    return _known_source(value) if len(value) < _LONG else source_of("", value)


@lru_cache(maxsize=4096)
def _known_source(value: str) -> Source | None:
    return source_of("", value)


_Sources = dict[str, tuple[Source, Media]]


def _sources(request: type[Submission], fields: Mapping[str, Any]) -> _Sources:
    found: _Sources = {}

    def note(name: str, value: Any, media: Media) -> Any:
        if isinstance(value, str) and (source := _source(value)):
            found[name] = source, media
        return value

    map_media(request, fields, note)
    return found


def _flags(fields: Mapping[str, Any], sources: _Sources) -> dict[str, bool]:
    """Return the fields that have content sent, as they are given, or as they will be set."""
    flags: dict[str, bool] = {}
    for flag in {media.only_with for _, media in sources.values() if media.only_with}:
        if flag in fields:
            if (known := as_flag(fields[flag])) is not None:  # the request's own check says the rest
                flags[flag] = known
        else:
            own = [source for source, media in sources.values() if media.only_with == flag]
            unsigned = any(not isinstance(source, Link) and not _may_be_signed(source) for source in own)
            flags[flag] = unsigned and not any(isinstance(source, Link) for source in own)
    return flags


def _may_be_signed(source: Source) -> bool:
    return isinstance(source, File) and not isinstance(source, LocalFile)


def _unreachable(source: Source, media: Media, content: bool) -> str:
    if not isinstance(source, LocalFile) or content or (media.content and not media.only_with):
        return ""
    along = ""
    if media.only_with:
        along = f"set {media.only_with} and give all pictures as files, which are sent along, or "
    return f"lies on local disk, where the vendor cannot fetch it; {along}put it in object storage"


def _of_model(error: ValidationError) -> Problems:
    return [
        (
            ".".join(str(part) if isinstance(part, int) else shown(part) for part in found["loc"]),
            "is required; give a value"
            if found["type"] == "missing"
            else found["msg"].removeprefix("Value error, "),
        )
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _shown(name: str) -> str:
    return ".".join(part if part.isdecimal() else shown(part) for part in name.split("."))


def _takes_text(annotation: Any) -> bool:
    inner = get_args(annotation)
    return annotation is str or str in inner or any(isinstance(choice, str) for choice in inner)
