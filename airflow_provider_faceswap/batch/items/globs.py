"""Files that a glob matches, in object storage or on local disk: each is the target of an item."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.batch.items.raw import RawItem
from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.journal.fingerprint import digest
from airflow_provider_faceswap.options import local_roots
from airflow_provider_faceswap.storage.errors import is_permanent
from airflow_provider_faceswap.storage.files import LocalFile, StoredObject, printable
from airflow_provider_faceswap.storage.folders import LOCAL, open_folder, url_problem
from airflow_provider_faceswap.storage.places import said

log = logging.getLogger(__name__)

_MAGIC = "*?["
_ANY_DEPTH = "**"
_SAME = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfss": "abfs", "adl": "abfs", "az": "abfs", "local": "file"}


def is_glob(text: str) -> bool:
    """
    Return whether a text is a glob.

    :param text: a URL or path.
    """
    return bool(set(text) & set(_MAGIC)) and ("://" in text or text.startswith("/"))


def find(glob: str, output_path: str) -> Iterator[RawItem]:
    """
    Find the files that a glob matches, sorted by name; files whose names begin with a dot are left out.

    :param glob: such as ``s3://conn_id@bucket/in/*.mp4``; ``**`` stands for folders of any depth.
    :param output_path: the folder's checked URL, below which it must not match.
    :raises InputError: if it can match there, or the place cannot be listed.
    :raises NotSentError: if the store fails in a way that may pass.
    """
    base, pattern = _split(glob if "://" in glob else f"file://{glob}")
    if _reaches([*_place(base), *pattern], _place(output_path)):
        raise InputError(
            "items",
            "can match below output_path, where a later run would take results for targets; "
            "move one of the two",
        )
    scheme = base.partition("://")[0]
    found = _local(base, pattern) if scheme in LOCAL else _stored(base, pattern)
    wanted_hidden = pattern[-1].startswith(".")
    count = 0
    for url, version in sorted(found):
        name = url.rpartition("/")[2]
        if name and (wanted_hidden or not name.startswith(".")):
            count += 1
            where = one_line(printable(name), most=80)
            yield RawItem({"target": url}, where=where, found=True, version=version)
    if not count:
        log.warning("The glob of items matches nothing")


def _split(glob: str) -> tuple[str, list[str]]:
    """Return the URL of the folder that holds all matches, and the pattern below it."""
    scheme, _, rest = glob.partition("://")
    parts = rest.split("/")
    first = next(number for number, part in enumerate(parts) if set(part) & set(_MAGIC))
    base, pattern = f"{scheme.lower()}://{'/'.join(parts[:first])}", [part for part in parts[first:] if part]
    if first == 0:
        raise InputError("items", "is a glob over buckets; name one, such as s3://conn_id@bucket/in/*.mp4")
    if scheme.lower() in LOCAL and base.endswith("://"):
        base += "/"
    odd = [part for part in pattern if part == ".." or (_ANY_DEPTH in part and part != _ANY_DEPTH)]
    if base != "file:///" and (problem := url_problem(base)):
        raise InputError("items", problem)
    if odd or glob.endswith("/"):
        raise InputError(
            "items", "is not a glob of files: write ** alone between slashes, and leave out '..'"
        )
    return base, pattern


def _place(url: str) -> list[str]:
    """Return a folder as its parts, equal for equal folders, whichever connection they are reached by."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() in LOCAL:
        return ["file", *Path(os.path.realpath(rest)).parts[1:]]
    host, _, path = rest.rpartition("@")[2].partition("/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return [_SAME.get(scheme.lower(), scheme.lower()), host.lower(), *parts]


def _reaches(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    """Return whether a pattern can match something below a folder; rather too often than too seldom."""
    if not pattern or not folder:
        return bool(pattern)
    if pattern[0] == _ANY_DEPTH:
        return _reaches(pattern[1:], folder) or _reaches(pattern, folder[1:])
    head, bracket, _ = pattern[0].partition("[")
    return fnmatchcase(folder[0], f"{head}*" if bracket else head) and _reaches(pattern[1:], folder[1:])


def _matches(path: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern or not path:
        return not pattern and not path
    if pattern[0] == _ANY_DEPTH:
        if len(pattern) == 1:
            return True
        return _matches(path, pattern[1:]) or _matches(path[1:], pattern)
    return fnmatchcase(path[0], pattern[0]) and _matches(path[1:], pattern[1:])


def _local(base: str, pattern: Sequence[str]) -> Iterator[tuple[str, str]]:
    folder = Path(base.partition("://")[2])
    real = Path(os.path.realpath(folder))
    if not any(real.is_relative_to(os.path.realpath(root)) for root in local_roots()) or not real.is_dir():
        raise InputError(
            "items",
            "names a local folder that is missing or is not below [faceswap] local_roots: set local_roots on "
            "the workers, or give a glob in object storage",
        )
    try:
        for parts in _below(real, None if _ANY_DEPTH in pattern else len(pattern)):
            if _matches(parts, pattern):
                path = str(folder.joinpath(*parts))
                yield f"file://{path}", _version(LocalFile("items", path))
    except OSError as error:
        raise InputError("items", f"cannot be listed: {type(error).__name__}; look at the folders") from None


def _below(top: Path, depth: int | None) -> Iterator[tuple[str, ...]]:
    """Return the files below a folder as the parts of their paths; links to folders are not followed."""

    def stop(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(top, onerror=stop):
        parts = Path(place).relative_to(top).parts
        if depth is not None and len(parts) + 1 >= depth:
            folders.clear()
        yield from ((*parts, name) for name in names)


def _stored(base: str, pattern: Sequence[str]) -> Iterator[tuple[str, str]]:
    folder = open_folder(base, "items")
    root = folder.path.strip("/")
    try:
        folder.fs.invalidate_cache()  # a listing from before would lack new files
        found: dict[str, Any] = folder.fs.glob("/".join([folder.path.rstrip("/"), *pattern]), detail=True)
        if not found:
            folder.fs.info(urlsplit(base).netloc.rpartition("@")[2])  # raises if there is no such bucket
    except FileNotFoundError:
        raise InputError("items", "names a bucket that does not exist") from None
    except Exception as error:  # each store has errors of its own
        if is_permanent(error):
            raise InputError(
                "items", f"cannot be listed: {said(error)}; give the workers the right to it"
            ) from None
        raise NotSentError(
            f"items: cannot be listed now: {said(error)}; nothing was sent to the vendor"
        ) from None
    for name, info in found.items():
        if info.get("type") == "file":
            url = f"{base.rstrip('/')}/{name.strip('/').removeprefix(root).strip('/')}"
            file = StoredObject("items", url)
            file.__dict__["_info"] = info  # else each file would be asked for by itself
            yield url, _version(file)


def _version(file: LocalFile | StoredObject) -> str:
    try:
        return digest(file.version)
    except InputError:  # a link to somewhere else; the check of the row says so
        return ""
