"""The folders in a folder, and the age of the files in them."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from airflow_provider_faceswap.exceptions import NotSentError
from airflow_provider_faceswap.storage.folders import local_path, open_path


def subfolders(url: str) -> list[str]:
    """
    List the names of the folders in a folder, sorted.

    :param url: a checked URL; a folder that is not there has none.
    """
    return sorted(name for name, kind, _ in _listed(url) if kind == "directory")


def written(url: str) -> dict[str, float]:
    """
    List the files of a folder.

    :param url: a checked URL; a folder that is not there has none.
    :return: when each was written, in seconds since the epoch, by name.
    """
    return {name: at for name, kind, at in _listed(url) if kind == "file"}


def _listed(url: str) -> list[tuple[str, str, float]]:
    local = local_path(url)
    if local is None:
        return _in_store(url)
    found = []
    with suppress(FileNotFoundError), os.scandir(local) as entries:
        for entry in entries:
            kind = "directory" if entry.is_dir(follow_symlinks=False) else "file"
            if not entry.is_symlink():
                found.append((entry.name, kind, entry.stat(follow_symlinks=False).st_mtime))
    return found


def _in_store(url: str) -> list[tuple[str, str, float]]:
    path = open_path(url, NotSentError)
    fs: Any = path.fs
    fs.invalidate_cache()  # else another process's new files stay unseen
    try:
        entries = fs.ls(path.path.rstrip("/"), detail=True)
    except FileNotFoundError:
        return []
    names = [(str(entry["name"]).rstrip("/").rpartition("/")[2], entry) for entry in entries]
    return [
        (name, str(entry["type"]), _modified(fs, entry) if entry["type"] == "file" else 0.0)
        for name, entry in names
        if name
    ]


def _modified(fs: Any, entry: dict[str, Any]) -> float:
    when = entry.get("LastModified") or entry.get("last_modified") or fs.modified(entry["name"])
    return float(when.timestamp())
