"""Which files the rows of a batch are in, and which version of each: looked at without reading them."""

from __future__ import annotations

import os
import stat
from typing import Any

from airflow_provider_faceswap.batch.manifest import MANIFEST, PARTS
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.local import folder_below_roots
from airflow_provider_faceswap.storage.folders import local_path, open_path

Version = tuple[tuple[str, int, str], ...]
"""Name, size and what else changes, of each file."""

BATCHES = "_faceswap/batches"


def versions(folder: str, digest: str) -> Version:
    """
    Look at the files of a batch.

    :param folder: the checked URL of the folder that it stores into.
    :param digest: names the folder below :data:`BATCHES` that only this task instance makes.
    :raises NotShownError: if this task has run no batch there.
    """
    local = local_path(folder)
    found = _in_store(folder, digest) if local is None else _on_disk(str(local), digest)
    if found is None:
        raise NotShownError("not_found", "This task has not listed the items of a batch yet.")
    return tuple(sorted(found))


def _on_disk(folder: str, digest: str) -> list[tuple[str, int, str]] | None:
    if not _stats(f"{folder}/{BATCHES}/{digest}"):
        return None
    found = {name: at for name, at in _stats(folder).items() if name == MANIFEST}
    found |= {f"{PARTS}/{name}": at for name, at in _stats(f"{folder}/{PARTS}").items()}
    return [(name, at.st_size, f"{at.st_ino}-{at.st_mtime_ns}") for name, at in found.items()]


def _stats(folder: str) -> dict[str, os.stat_result]:
    """Return the regular files of a folder."""
    try:
        with folder_below_roots(folder) as descriptor, os.scandir(descriptor) as entries:
            found = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except NotShownError as error:
        if error.reason != "gone":
            raise
        return {}
    return {name: at for name, at in found.items() if stat.S_ISREG(at.st_mode)}


def _in_store(folder: str, digest: str) -> list[tuple[str, int, str]] | None:
    root = open_path(folder, ResultError)
    fs: Any = root.fs
    fs.invalidate_cache()  # else another process's new files stay unseen
    top = root.path.rstrip("/")
    if not _listed(fs, f"{top}/{BATCHES}/{digest}"):
        return None
    manifest = [entry for entry in _listed(fs, f"{top}/{MANIFEST}") if entry["type"] == "file"]
    return [
        (str(entry["name"]), int(entry["size"]), _changes(entry))
        for entry in [*manifest, *_listed(fs, f"{top}/{PARTS}")]
        if entry["type"] == "file"
    ]


def _listed(fs: Any, path: str) -> list[dict[str, Any]]:
    try:
        return list(fs.ls(path, detail=True))
    except FileNotFoundError:
        return []


def _changes(entry: dict[str, Any]) -> str:
    names = ("ETag", "etag", "e_tag", "generation", "LastModified", "last_modified", "mtime", "updated")
    return "-".join(str(entry[name]) for name in names if entry.get(name))
