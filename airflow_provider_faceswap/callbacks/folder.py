"""The few things that the inbox does with files, on a local disk or in object storage."""

from __future__ import annotations

import errno
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from airflow_provider_faceswap.exceptions import InboxError, SettingsError
from airflow_provider_faceswap.storage.folders import LOCAL, open_path

MAX_BYTES = 64 * 1024
"""Size of the largest file; a larger one is not read."""


class Folder(ABC):
    """A folder of subfolders that hold small files."""

    @abstractmethod
    def subfolders(self) -> list[str]:
        """List the names of the subfolders."""

    @abstractmethod
    def files(self, subfolder: str, prefix: str = "") -> dict[str, float]:
        """
        List a subfolder, as it is now.

        :param prefix: only the files whose names begin with it.
        :return: when each file was written, in seconds since the epoch, by name.
        """

    @abstractmethod
    def write(self, subfolder: str, name: str, content: bytes) -> None:
        """Write a file, so that nobody ever sees a part of it."""

    @abstractmethod
    def read(self, subfolder: str, names: Collection[str]) -> dict[str, bytes]:
        """Read files; one that is missing, empty or too large is left out."""

    @abstractmethod
    def remove(self, subfolder: str, names: Collection[str]) -> None:
        """Remove files; a missing one is not an error."""


class LocalFolder(Folder):
    """A folder of a mounted filesystem."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def subfolders(self) -> list[str]:
        """List the names of the subfolders."""
        return [name for name in self._names(self._root) if (self._root / name).is_dir()]

    def files(self, subfolder: str, prefix: str = "") -> dict[str, float]:
        """List a subfolder."""
        found, folder = {}, self._root / subfolder
        for name in self._names(folder):
            if name.startswith(prefix):
                with suppress(FileNotFoundError):  # removed meanwhile
                    status = os.stat(f"{folder}/{name}")
                    if stat.S_ISREG(status.st_mode):
                        found[name] = status.st_mtime
        return found

    def write(self, subfolder: str, name: str, content: bytes) -> None:
        """Write under another name first, and to the disk: the sender will not send it again."""
        folder = self._root / subfolder
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{name}.{uuid4().hex}.part"
        try:
            with unfinished.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(folder / name)
        finally:
            unfinished.unlink(missing_ok=True)

    def read(self, subfolder: str, names: Collection[str]) -> dict[str, bytes]:
        """Read files."""
        found = {}
        for name in names:
            with suppress(FileNotFoundError), (self._root / subfolder / name).open("rb") as file:
                found[name] = file.read(MAX_BYTES + 1)
        return _of_valid_size(found)

    def remove(self, subfolder: str, names: Collection[str]) -> None:
        """Remove files."""
        for name in names:
            (self._root / subfolder / name).unlink(missing_ok=True)

    @staticmethod
    def _names(path: Path) -> list[str]:
        # Not scandir: few of thousands of names are looked at, and listdir lets other threads run.
        with suppress(FileNotFoundError):
            return os.listdir(path)
        return []


class StoredFolder(Folder):
    """
    A folder in object storage, where a single PUT is atomic.

    :param fs: the filesystem, one of fsspec's.
    :param root: the folder's path on it.
    """

    def __init__(self, fs: Any, root: str) -> None:
        self._fs = fs
        self._root = root.rstrip("/")

    def subfolders(self) -> list[str]:
        """List the names of the subfolders."""
        found = self._listed(self._root)
        return [_name(info) for info in found if info["type"] == "directory"]

    def files(self, subfolder: str, prefix: str = "") -> dict[str, float]:
        """List a subfolder, or with a prefix only what the store finds for it."""
        found = self._listed(f"{self._root}/{subfolder}", prefix)
        names = {_name(info): info for info in found if info["type"] == "file"}
        return {name: self._modified(info) for name, info in names.items() if name.startswith(prefix)}

    def write(self, subfolder: str, name: str, content: bytes) -> None:
        """Write with a single PUT."""
        self._fs.pipe_file(f"{self._root}/{subfolder}/{name}", content)

    def read(self, subfolder: str, names: Collection[str]) -> dict[str, bytes]:
        """Read files, several at a time."""
        paths = [f"{self._root}/{subfolder}/{name}" for name in names]
        contents = self._fs.cat_ranges(paths, 0, MAX_BYTES + 1, on_error="return") if paths else []
        found = {}
        for name, content in zip(names, contents, strict=True):
            if isinstance(content, bytes):
                found[name] = content
            elif not isinstance(content, FileNotFoundError) and not _is_empty_range(content):
                raise content
        return _of_valid_size(found)

    def remove(self, subfolder: str, names: Collection[str]) -> None:
        """Remove files."""
        for name in names:
            with suppress(FileNotFoundError):
                self._fs.rm_file(f"{self._root}/{subfolder}/{name}")

    def _listed(self, path: str, prefix: str = "") -> list[dict[str, Any]]:
        self._fs.invalidate_cache(path)  # otherwise new files of other processes stay unseen
        with suppress(FileNotFoundError):  # nothing has been written there yet
            if prefix:
                return list(self._fs.find(path, prefix=prefix, detail=True).values())
            return list(self._fs.ls(path, detail=True))
        return []

    def _modified(self, info: dict[str, Any]) -> float:
        when = info.get("LastModified") or info.get("last_modified") or self._fs.modified(info["name"])
        return float(when.timestamp())


def open_folder(url: str) -> Folder:
    """
    Open the inbox's folder.

    :param url: a checked URL.
    :raises SettingsError: if its Airflow connection does not exist, or no filesystem serves its scheme.
    :raises InboxError: if Airflow cannot look that connection up now.
    """
    path = open_path(
        url,
        lambda problem: SettingsError(f"[faceswap] inbox {problem}"),
        lambda problem: InboxError(f"[faceswap] inbox {problem}"),
    )
    if path.protocol in LOCAL:
        return LocalFolder(Path(path.path))
    return StoredFolder(path.fs, path.path)


def _is_empty_range(error: Exception) -> bool:
    # S3 refuses to read a range of an empty file.
    return isinstance(error, OSError) and error.errno == errno.EINVAL


def _of_valid_size(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if 0 < len(content) <= MAX_BYTES}


def _name(info: dict[str, Any]) -> str:
    return str(info["name"]).rstrip("/").rpartition("/")[2]
