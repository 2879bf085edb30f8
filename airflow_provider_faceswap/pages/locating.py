"""
From what a task returned to the file that may be shown.

A file is shown only if a provenance record that lies beside a stored file, in the folder that the task stores
into, names this Dag: the stored file itself, or an input that the record names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.pages.database import OutputPath, Task
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.local import folder_below_roots, open_in
from airflow_provider_faceswap.pages.media import LocalMedium, Medium, StoredMedium
from airflow_provider_faceswap.storage.folders import LOCAL, url_problem
from airflow_provider_faceswap.storage.places import open_place, said
from airflow_provider_faceswap.storage.provenance import MAX_LINE, SUFFIX

_MAX_URL = 8192
_NOT_OURS = "No provenance record of this Dag names the file."


@dataclass(frozen=True)
class Wanted:
    """
    What somebody wants to see of a result.

    :param stored: the number of a stored file; None for an input.
    :param input: the name of an input.
    :param number: which of the media of that input.
    """

    stored: int | None = None
    input: str = ""
    number: int = 0


def open_medium(task: Task, result: Any, output_path: OutputPath, wanted: Wanted) -> Medium:
    """
    Open what is wanted; it blocks.

    :param task: whose result it is.
    :param result: with ``stored``, as anybody may have edited it: it only says where to look.
    :param output_path: where the task stores.
    :raises NotShownError: saying why it is not shown.
    """
    url = _stored_url(result, wanted.stored or 0)
    folder, _, name = url.rpartition("/")
    if not output_path.allows(folder):
        raise NotShownError(
            "not_ours", "The file does not lie in the folder that this task stores its results in."
        )
    path = _local_path(folder)
    if path is None:
        record = _record_in_store(folder, name)
        _check(record, task, name)
        if wanted.stored is None:
            return _open_input(record, wanted)
        return _of_size(StoredMedium(url), record)
    with folder_below_roots(path) as descriptor:
        record, owner = _local_record(descriptor, name)
        _check(record, task, name)
        if wanted.stored is None:
            return _open_input(record, wanted)
        file = open_in(descriptor, name)
        if os.fstat(file.fileno()).st_uid != owner:  # somebody else put it beside the file
            file.close()
            raise NotShownError("not_ours", _NOT_OURS)
        return _of_size(LocalMedium(file), record)


def _stored_url(result: Any, number: int) -> str:
    stored = result.get("stored") if isinstance(result, dict) else None
    if not isinstance(stored, list) or not 0 <= number < len(stored):
        raise NotShownError(
            "not_found", "The task has no such stored file. Without output_path it stores none."
        )
    url = stored[number]
    if not isinstance(url, str) or len(url) > _MAX_URL or not url.isprintable() or url_problem(url):
        raise NotShownError("not_found", "What the task returned does not name a stored file.")
    return url


def _local_path(url: str) -> str | None:
    scheme, _, rest = url.partition("://")
    return rest if scheme.lower() in LOCAL else None


def _record_in_store(folder: str, name: str) -> dict[str, Any]:
    try:
        content = open_place(folder, ResultError).read(name + SUFFIX, MAX_LINE)
    except FileNotFoundError:
        content = b""
    except Exception as error:  # each store has errors of its own
        raise NotShownError("store_failed", f"The store cannot be read: {said(error)}") from None
    return _as_record(content)


def _local_record(folder: int, name: str) -> tuple[dict[str, Any], int]:
    try:
        with closing(open_in(folder, name + SUFFIX)) as file:
            return _as_record(file.read(MAX_LINE)), os.fstat(file.fileno()).st_uid
    except NotShownError as error:
        if error.reason != "gone":
            raise
    raise NotShownError("not_ours", _NOT_OURS)


def _as_record(content: bytes) -> dict[str, Any]:
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _check(record: Mapping[str, Any], task: Task, name: str) -> None:
    if record.get("dag_id") != task.dag_id or record.get("file") != name:
        raise NotShownError("not_ours", _NOT_OURS)


def _of_size(medium: Medium, record: Mapping[str, Any]) -> Medium:
    if medium.size != record.get("bytes"):
        medium.close()
        raise NotShownError("gone", "Another file lies there now: it has not the size that was stored.")
    return medium


def _open_input(record: Mapping[str, Any], wanted: Wanted) -> Medium:
    inputs = record.get("inputs")
    media = _flat(inputs.get(wanted.input)) if isinstance(inputs, dict) else []
    if not 0 <= wanted.number < len(media):
        raise NotShownError("not_found", "The result was made from no such input.")
    url = media[wanted.number]
    scheme, separator, _ = url.partition("://")
    if scheme.lower() in ("http", "https"):
        raise NotShownError("elsewhere", "The input lies on the web and is not copied from there.")
    if not separator:
        raise NotShownError("not_found", "The input was given as content, which is not kept.")
    if len(url) > _MAX_URL or not url.isprintable() or url_problem(url):
        raise NotShownError("not_found", "The record does not name a file.")
    path = _local_path(url)
    if path is None:
        return StoredMedium(url)
    folder, _, name = path.rpartition("/")
    with folder_below_roots(folder) as descriptor:
        return LocalMedium(open_in(descriptor, name))


def _flat(media: Any) -> list[str]:
    """Return the media of an input in their order: a text, or a list of texts and of dicts of texts."""
    found: list[Any] = []
    for part in media if isinstance(media, list) else [media]:
        found += part.values() if isinstance(part, dict) else [part]
    return [text for text in found if isinstance(text, str)]
