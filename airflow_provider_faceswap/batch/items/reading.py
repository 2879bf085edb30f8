"""The items of a batch as a Dag gives them: a list, a file that lists them, or a glob."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.batch.items.globs import find, is_glob
from airflow_provider_faceswap.batch.items.lists import is_list, read_list
from airflow_provider_faceswap.batch.items.raw import RawItem
from airflow_provider_faceswap.exceptions import InputError

MAX_LITERAL = 500
"""Rows in a Dag's code: Airflow renders the templates of all of them at each start of the task."""
MAX_ROWS = 100_000
_NO_MAGIC = str.maketrans("", "", "*?[]")

_WANTED = (
    "a list of dicts, the URL of a JSON Lines or CSV file such as s3://conn_id@bucket/list.jsonl, or a glob "
    "such as s3://conn_id@bucket/in/*.mp4"
)


def literal_limit(items: Any) -> None:
    """
    Refuse a list in a Dag's code that is so long that rendering its templates would take long.

    :param items: the operator's argument; an XCom or a URL passes.
    :raises InputError: naming what to give instead.
    """
    if isinstance(items, (list, tuple)) and len(items) > MAX_LITERAL:
        raise InputError(
            "items",
            f"holds {len(items)} rows, and a Dag's code at most {MAX_LITERAL}: give the URL of a JSON Lines "
            "file, such as s3://conn_id@bucket/list.jsonl, or another task's output",
        )


def read_items(items: Any, output_path: str) -> Iterator[RawItem]:
    """
    Read the items of a batch, one after the other.

    Nothing to do is not an error: a night without new clips leaves an empty folder or list, and the tasks
    after this one shall run. A list or a bucket that does not exist is one.

    :param items: a list of dicts, the URL of a JSON Lines or CSV file, or a glob.
    :param output_path: the folder's checked URL, below which a glob must not match.
    :return: dicts that also know where they stand.
    :raises InputError: if they cannot be read, or are too many.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    for count, item in enumerate(_read(items, output_path)):
        if count == MAX_ROWS:
            raise InputError("items", f"holds over {MAX_ROWS} rows; split it into several batches")
        yield item


def _read(items: Any, output_path: str) -> Iterator[RawItem]:
    if is_blank(items):
        raise InputError("items", f"is required: give {_WANTED}, or check that its template renders to one")
    if hasattr(items, "protocol"):  # an ObjectStoragePath
        items = str(items)
    if isinstance(items, str):
        return _read_text(items.strip(), output_path)
    if isinstance(items, (bytes, Mapping)) or not isinstance(items, Iterable):
        raise InputError("items", f"must be {_WANTED}, not {type(items).__name__}")
    return map(_as_item, items)


def _as_item(given: Any) -> RawItem:
    if isinstance(given, Mapping):
        return RawItem(given)
    return RawItem(problem=f'must be a dict, such as {{"target": ...}}, not {type(given).__name__}')


def _read_text(text: str, output_path: str) -> Iterator[RawItem]:
    if "{{" in text or "{%" in text:
        raise InputError("items", "holds a template that was not rendered")
    if text[:1] in ("[", "{"):
        raise InputError(
            "items",
            "is a list that was rendered as text: give the other task's output itself, as in "
            "items=listing.output, or set render_template_as_native_obj=True in the Dag",
        )
    if re.match("https?://", text, re.IGNORECASE):
        raise InputError(
            "items",
            "is an http(s) URL, which is not read; put the list into object storage, and give its path",
        )
    if is_list(text):
        return read_list(text)
    if is_glob(text):
        if is_list(text.translate(_NO_MAGIC)):
            raise InputError("items", "is a glob of lists; it matches media, and a batch reads one list")
        return find(text, output_path)
    raise InputError(
        "items",
        f"must be {_WANTED}; a folder needs a pattern after it, and a list's name ends in .jsonl, .ndjson, "
        ".json or .csv",
    )
