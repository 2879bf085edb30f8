"""The list of a batch beside its output: written once, used by each retry and resume."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from airflow_provider_faceswap.batch.items.rows import Row
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, JournalError, NotSentError
from airflow_provider_faceswap.storage.errors import is_permanent
from airflow_provider_faceswap.storage.places import Place, said

SCHEMA_VERSION = 1
_FROZEN = re.compile(r"items-(\d{1,9})\.jsonl")
_MAX_BYTES = 256 * 1024 * 1024
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_ROWS = TypeAdapter(list[Row])
_NAMES = [field.name for field in fields(Row)]


def frozen_name(epoch: int) -> str:
    """
    Return the name of a list's file.

    :param epoch: how often a person has cleared the task.
    """
    return f"items-{epoch}.jsonl"


def after_frozen(place: Place) -> int:
    """
    Return the first epoch after those whose lists are in the folder.

    :param place: the folder.
    :raises InputError: if it cannot be read.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    with _blamed("the folder of the list", "read"):
        try:
            found = map(_FROZEN.fullmatch, place.names(""))
        except FileNotFoundError:
            return 0
        return max((int(match[1]) + 1 for match in found if match), default=0)


def freeze(place: Place, name: str, rows: Sequence[Row]) -> list[Row]:
    """
    Write a list, unless another try of the task has done so.

    :param place: the folder.
    :param name: of the file.
    :param rows: to keep.
    :return: what the file holds: another try's rows, if that was faster.
    :raises JournalError: if the file is there and damaged.
    :raises InputError: if the folder cannot be written.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    body = b"".join(_line({own: getattr(row, own) for own in _NAMES}) for row in rows)
    if len(body) > _MAX_BYTES // 2:  # else it could not be read again
        raise InputError(
            "items", f"makes a list of over {_MAX_BYTES // 2} bytes; split it into several batches"
        )
    head = {"schema_version": SCHEMA_VERSION, "count": len(rows), "sha256": _digest(body)}
    with _blamed(name, "written"):
        place.prepare()
        if place.create(name, _line(head) + body):
            return list(rows)
    frozen = thaw(place, name)
    if frozen is None:  # deleted meanwhile
        raise NotSentError(f"output_path: {name} is gone again; nothing was sent to the vendor")
    return frozen


def thaw(place: Place, name: str) -> list[Row] | None:
    """
    Read a list that was frozen.

    :param place: the folder.
    :param name: of the file.
    :return: None if there is no such file.
    :raises JournalError: if the file is damaged or was edited.
    :raises InputError: if it cannot be read.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    with _blamed(name, "read"):
        try:
            content = place.read(name, _MAX_BYTES)
        except FileNotFoundError:
            return None
    head, _, body = content.partition(b"\n")
    try:
        expected = json.loads(head)
        version, count, digest = (expected[key] for key in ("schema_version", "count", "sha256"))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _damaged(name, "its first line is not that of a list") from None
    if version != SCHEMA_VERSION:
        raise _damaged(name, "another version of this provider wrote it")
    if digest != _digest(body):
        raise _damaged(name, "it was edited or cut")
    try:
        rows = _ROWS.validate_json(b"[%s]" % body.rstrip(b"\n").replace(b"\n", b","))
    except ValueError:
        raise _damaged(name, "its lines are not rows") from None
    if count != len(rows):
        raise _damaged(name, f"it holds {len(rows)} rows instead of {str(count)[:20]}")
    return rows


def _line(value: dict[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode() + b"\n"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _damaged(name: str, why: str) -> JournalError:
    return JournalError(
        f"the batch's list {name} below output_path cannot be used: {why}; put the former file back, or "
        "clear the task, which lists its items again and still collects what is bought"
    )


@contextmanager
def _blamed(name: str, done: str) -> Iterator[None]:
    """Turn what a store raises into the family's errors."""
    try:
        yield
    except FaceSwapError:
        raise
    except Exception as error:  # each store has errors of its own
        problem = f"{name} cannot be {done}"
        if is_permanent(error):
            raise InputError(
                "output_path", f"{problem}: {said(error)}; give the workers the right to it"
            ) from None
        raise NotSentError(
            f"output_path: {problem} now: {said(error)}; nothing was sent to the vendor"
        ) from None
