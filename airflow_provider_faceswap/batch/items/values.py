"""The values of an item: JSON of a sane size, without secrets, whatever their field is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any
from urllib.parse import unquote

from airflow_provider_faceswap.apis.reading import SIGNING_NAMES
from airflow_provider_faceswap.batch.items.faults import shown

MAX_ROW = 64 * 1024
"""Characters of a row as JSON."""

# A URL in another one's query is quoted.
_SIGNED = re.compile(rf"[?&;#~](?:{SIGNING_NAMES})=", re.IGNORECASE)
_PASSWORD = re.compile(r"https?://[^/?#\s]*@|//[^/?#\s@:]*:[^/?#\s@]*@", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{|\{%")

Problems = list[tuple[str, str]]
"""Names of fields, as they may be shown, and what is wrong with each."""


def plain(given: Mapping[Any, Any], problems: Problems) -> tuple[dict[str, Any], int]:
    """
    Return the values as they can be kept: lists where there were tuples, URLs where there were paths.

    :param given: by the names of the fields; None is not given.
    :param problems: takes up what is wrong with them.
    :return: the values that are JSON, and how long they are together.
    """
    kept: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    for name, value in given.items():
        if value is None:
            continue
        if not isinstance(name, str):
            problems.append(("", "names of fields must be text"))
            continue
        try:
            kept[name], text = _as_json(value)
        except _NotKept as error:
            problems.append((shown(name), str(error)))
            continue
        sizes[name] = len(text)
        if len(text) <= MAX_ROW and (problem := _problem(text)):
            problems.append((shown(name), problem))
    size = sum(sizes.values())
    if size > MAX_ROW:
        largest = max(sizes, key=lambda name: sizes[name])
        problems.append((shown(largest), "makes the row larger than 64 KB; give a path or URL"))
    return kept, size


class _NotKept(Exception):
    """A value that is not JSON; the message says what to give instead."""


def _as_json(value: Any) -> tuple[Any, str]:
    if type(value) is str:
        kept, text = value, value
    else:
        try:
            text = json.dumps(value, default=_text_of, allow_nan=False, ensure_ascii=False)
        except (ValueError, RecursionError):
            raise _NotKept("is not JSON: it holds NaN, or itself, or is nested too deeply") from None
        except TypeError:
            raise _NotKept("is not JSON: its keys must be text") from None
        kept = json.loads(text)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _NotKept("is not valid Unicode; look at how it was decoded") from None
    return kept, text


def _text_of(value: Any) -> str:
    if hasattr(value, "protocol"):  # an ObjectStoragePath
        return str(value)
    if isinstance(value, PathLike):
        return f"file://{fspath(value)}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise _NotKept("holds bytes, which a list cannot keep; give a path or URL")
    raise _NotKept(f"is not JSON: it holds a {type(value).__name__}; give text, numbers, lists or dicts")


def _problem(text: str) -> str:
    if _TEMPLATE.search(text):
        return "holds a template that was not rendered; the rows of a file or an XCom are not templates"
    if ("=" in text or "%" in text or "@" in text) and _is_secret(text):
        return (
            "is a URL with a signature or a password, which the list would keep: give the path, such as "
            "s3://conn_id@bucket/key"
        )
    return ""


def _is_secret(text: str) -> bool:
    bare = unquote(unquote(text)) if "%" in text else text
    return bool(_SIGNED.search(bare) or _PASSWORD.search(bare))
