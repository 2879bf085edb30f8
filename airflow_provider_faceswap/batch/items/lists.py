"""Files that list the items of a batch: JSON Lines, JSON or CSV, read line by line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import IO, Any, cast

from airflow_provider_faceswap.batch.items.faults import shown
from airflow_provider_faceswap.batch.items.raw import RawItem
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.storage.lineage import note_read
from airflow_provider_faceswap.storage.sources import File, source_of

MAX_FILE = 256 * 1024 * 1024
MAX_LINE = 1024 * 1024
MAX_JSON = 32 * 1024 * 1024
"""Bytes of a JSON list, which is read whole."""

_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv")
_DELIMITERS = ",;\t"
_BOM = "\ufeff"
_TOO_LONG = f"is longer than {MAX_LINE} bytes; give paths or URLs instead of content"
_NOT_UTF8 = "is not UTF-8 text; save the file as UTF-8"


def is_list(url: str) -> bool:
    """
    Return whether a text names a file that lists items.

    :param url: a URL or path.
    """
    return url.lower().endswith(_SUFFIXES) and not set(url) & set("*?")


def read_list(url: str) -> Iterator[RawItem]:
    """
    Read the items that a file lists.

    :param url: of the file, in object storage, or on local disk below ``[faceswap] local_roots``.
    :raises InputError: if it cannot be read or is too large.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    source = source_of("items", url)
    if not isinstance(source, File):
        raise InputError("items", "must be a path in object storage, such as s3://conn_id@bucket/list.jsonl")
    if source.size > MAX_FILE:
        raise InputError(
            "items", f"is a file of {source.size} bytes, and at most {MAX_FILE} are read; split it"
        )
    suffix = url.lower().rpartition(".")[2]
    with source.readable(), source.open() as opened:
        # Some filesystems' files cannot limit the length of a line.
        file = io.BufferedReader(cast(io.RawIOBase, opened), 256 * 1024)
        if suffix == "csv":
            yield from _csv(file)
        elif suffix == "json" and file.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
            yield from _json(file)
        else:
            yield from _json_lines(file)
    note_read(source.described)


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Return the numbers and lines of a file; one that is too long is cut after one byte too many."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        yield number, line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE + 1)


def _json_lines(file: IO[bytes]) -> Iterator[RawItem]:
    for number, line in _lines(file):
        where = f"line {number}"
        if len(line) > MAX_LINE:
            yield RawItem(where=where, problem=_TOO_LONG)
            continue
        try:
            text = line.decode().removeprefix(_BOM if number == 1 else "").strip()
            found = json.loads(text) if text else None
        except UnicodeDecodeError:
            yield RawItem(where=where, problem=_NOT_UTF8)
        except (ValueError, RecursionError):
            yield RawItem(where=where, problem="is not JSON; each line holds one JSON object")
        else:
            if text:
                yield _item(found, where)


def _json(file: IO[bytes]) -> Iterator[RawItem]:
    content = file.read(MAX_JSON + 1)
    if len(content) > MAX_JSON:
        raise InputError("items", f"is a JSON list of over {MAX_JSON} bytes; write it as JSON Lines")
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError("items", f"names a file that {_NOT_UTF8}") from None
    except json.JSONDecodeError as error:
        raise InputError("items", f"names a file that is not JSON: look at line {error.lineno}") from None
    except (ValueError, RecursionError):
        raise InputError("items", "names a file that is not JSON of a sane depth") from None
    return (_item(row, "") for row in found)


def _item(found: Any, where: str) -> RawItem:
    if isinstance(found, dict):
        return RawItem(found, where=where)
    return RawItem(where=where, problem='must be a JSON object, such as {"target": ...}')


def _csv(file: IO[bytes]) -> Iterator[RawItem]:
    lines = _texts(file)
    try:
        first = next(lines, "")
        delimiter = max(_DELIMITERS, key=first.count)
        names = _header(next(csv.reader([first], delimiter=delimiter), []))
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
    except _BadLine as error:
        raise InputError("items", f"names a CSV file whose header line {error}") from None
    except csv.Error:
        raise InputError("items", "names a CSV file whose header line is not CSV") from None
    before = 1
    while True:
        where = f"line {before + 1}"
        try:
            cells = next(reader, None)
        except _BadLine as error:  # what follows cannot be told apart
            yield RawItem(where=f"line {1 + reader.line_num + 1}", problem=str(error))
            return
        except csv.Error:
            yield RawItem(where=where, problem="is not CSV; look for a quote that is not closed")
            return
        if cells is None:
            return
        before = 1 + reader.line_num
        if any(cell.strip() for cell in cells):
            yield _row(names, cells, where)


class _BadLine(Exception):
    """A line that holds no text of a sane length."""


def _texts(file: IO[bytes]) -> Iterator[str]:
    for number, line in _lines(file):
        if len(line) > MAX_LINE:
            raise _BadLine(_TOO_LONG)
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise _BadLine(_NOT_UTF8) from None
        yield text.removeprefix(_BOM) if number == 1 else text


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise InputError("items", f"names a CSV file with two columns of one name: {shown(twice[0])}")
    return names


def _row(names: list[str], cells: list[str], where: str) -> RawItem:
    if any(cell.strip() for cell in cells[len(names) :]):
        return RawItem(
            where=where, problem=f"holds {len(cells)} cells, and the header line {len(names)} names"
        )
    found = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
    if found.pop("", None):
        return RawItem(where=where, problem="holds a cell in a column without a name")
    return RawItem(found, where=where, cells=True)
