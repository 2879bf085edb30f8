"""What is done with the files of a folder, on local disk or in object storage: whole or not there at all."""

from __future__ import annotations

import logging
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid4

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.storage.folders import local_path, open_path, refuse_event_loop
from airflow_provider_faceswap.storage.formats import CHUNK
from airflow_provider_faceswap.storage.lineage import note_written
from airflow_provider_faceswap.storage.local import open_regular

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

log = logging.getLogger(__name__)


class Place(ABC):
    """A folder. Its methods raise whatever the store raises."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the folder, where a store needs that."""

    @abstractmethod
    def names(self, prefix: str) -> list[str]:
        """List the names that start with a prefix."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether something has that name."""

    @abstractmethod
    def size(self, name: str) -> int | None:
        """Return a file's size, or None if there is no such file."""

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""

    @abstractmethod
    def read(self, name: str, most: int) -> bytes:
        """Return the first bytes of a file; raises FileNotFoundError if it is not a file."""

    @abstractmethod
    def create(self, name: str, content: bytes) -> bool:
        """Write a small file unless something has that name; return whether it was written."""

    @abstractmethod
    def write(self, name: str, content: bytes) -> None:
        """Write a small file."""

    @abstractmethod
    def put(self, name: str, source: BinaryIO, size: int) -> None:
        """Copy a file of any size; if that fails, nothing half-written is left."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file."""


def open_place(url: str, error: Callable[[str], Exception]) -> Place:
    """
    Open a folder, having looked its Airflow connection up.

    :param url: a checked URL.
    :param error: makes the error to raise from what is wrong with the URL.
    """
    refuse_event_loop()
    # An ObjectStoragePath imports the filesystems of all providers, 0.2 s of CPU, for local disk as well.
    local = local_path(url)
    return StoredPlace(open_path(url, error)) if local is None else LocalPlace(local)


def said(error: Exception) -> str:
    """Return what an error of a store says, in one line without the path of a URL."""
    return one_line(str(error) if isinstance(error, FaceSwapError) else f"{type(error).__name__}: {error}")


class LocalPlace(Place):
    """A folder of a mounted filesystem."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self) -> None:
        """Make the folder and those above it."""
        self._root.mkdir(parents=True, exist_ok=True)

    def names(self, prefix: str) -> list[str]:
        """List the names that start with a prefix."""
        return [name for name in os.listdir(self._root) if name.startswith(prefix)]

    def exists(self, name: str) -> bool:
        """Whether something has that name, a dangling symlink included."""
        return os.path.lexists(self._root / name)

    def size(self, name: str) -> int | None:
        """Return a regular file's size."""
        try:
            with open_regular(self._root / name) as file:
                return os.fstat(file.fileno()).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def open(self, name: str) -> BinaryIO:
        """Open a regular file."""
        return open_regular(self._root / name)

    def read(self, name: str, most: int) -> bytes:
        """Return the first bytes of a regular file."""
        with open_regular(self._root / name) as file:
            return file.read(most)

    def create(self, name: str, content: bytes) -> bool:
        """Write under another name first, and link: a file that exists is not replaced."""
        unfinished = self._unfinished(content)
        try:
            os.link(unfinished, self._root / name)
        except FileExistsError:
            return False
        except OSError:  # a filesystem without hard links
            return self._create_directly(name, content)
        finally:
            unfinished.unlink(missing_ok=True)
        return True

    def _create_directly(self, name: str, content: bytes) -> bool:
        try:
            with (self._root / name).open("xb") as file:
                file.write(content)
        except FileExistsError:
            return False
        return True

    def write(self, name: str, content: bytes) -> None:
        """Replace a file."""
        self._move(self._unfinished(content), name)

    def put(self, name: str, source: BinaryIO, size: int) -> None:
        """Replace a file."""
        self._move(self._unfinished(source), name)
        note_written(f"file://{self._root / name}")

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._root / name).unlink(missing_ok=True)

    def _unfinished(self, source: bytes | BinaryIO) -> Path:
        # Random and exclusive: two tries of a task do not write to the same file, nor through a symlink.
        path = self._root / f".faceswap-{uuid4().hex}.part"
        try:
            with path.open("xb") as file:
                if isinstance(source, bytes):
                    file.write(source)
                else:
                    shutil.copyfileobj(source, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _move(self, unfinished: Path, name: str) -> None:
        try:
            unfinished.replace(self._root / name)
        finally:
            unfinished.unlink(missing_ok=True)


class StoredPlace(Place):
    """
    A folder in object storage, where a single PUT is whole or not there.

    :param folder: its path.
    """

    def __init__(self, folder: ObjectStoragePath) -> None:
        self._folder = folder
        self._fs: Any = folder.fs
        self._root = folder.path.rstrip("/")

    def prepare(self) -> None:
        """Do nothing: object stores have no folders."""

    def names(self, prefix: str) -> list[str]:
        """List the names that start with a prefix."""
        self._fs.invalidate_cache()  # else another process's new files stay unseen
        try:
            found = self._listed(prefix)
        except FileNotFoundError:  # nothing has been written there yet
            return []
        names = [str(path).strip("/").removeprefix(f"{self._root.strip('/')}/") for path in found]
        return [name for name in names if name.startswith(prefix) and "/" not in name]

    def _listed(self, prefix: str) -> list[Any]:
        try:
            return list(self._fs.find(self._root, prefix=prefix))
        except TypeError:  # a filesystem that cannot list by prefix
            return list(self._fs.ls(self._root, detail=False))

    def exists(self, name: str) -> bool:
        """Whether a file has that name."""
        return self.size(name) is not None

    def size(self, name: str) -> int | None:
        """Return a file's size."""
        self._fs.invalidate_cache()  # a listing from before would give the old size
        try:
            found = self._fs.info(self._path(name))
        except FileNotFoundError:
            return None
        return int(found["size"]) if found["type"] == "file" else None

    def open(self, name: str) -> BinaryIO:
        """Open a file."""
        file: BinaryIO = self._fs.open(self._path(name), "rb")
        return file

    def read(self, name: str, most: int) -> bytes:
        """Return the first bytes of a file, and fetch no more of it."""
        size = self.size(name)
        if size is None:
            raise FileNotFoundError(name)
        content: bytes = self._fs.cat_file(self._path(name), start=0, end=min(size, most)) if size else b""
        return content

    def create(self, name: str, content: bytes) -> bool:
        """Write with a condition where the store knows it, otherwise after a look."""
        try:
            self._fs.pipe_file(self._path(name), content, mode="create")
        except Exception:  # exists by now, or the store does not know the condition
            if self.exists(name):
                return False
            self.write(name, content)
        return True

    def write(self, name: str, content: bytes) -> None:
        """Write by a single PUT."""
        self._fs.pipe_file(self._path(name), content)

    def put(self, name: str, source: BinaryIO, size: int) -> None:
        """Upload a file."""
        before = self.size(name)
        try:
            self._stream(source, name)
            if (there := self.size(name)) != size:
                raise OSError(f"{there or 0} of {size} bytes arrived")
        except Exception:
            self._remove_half(name, before)
            raise
        note_written(str(self._folder / name))

    def remove(self, name: str) -> None:
        """Remove a file."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _stream(self, source: BinaryIO, name: str) -> None:
        sink = self._fs.open(self._path(name), "wb")
        try:
            shutil.copyfileobj(source, sink, CHUNK)
            sink.close()
        except BaseException:
            with suppress(Exception):
                sink.discard()
            with suppress(AttributeError):
                sink.closed = True  # else it is finished, and looks complete, when it is collected
            raise

    def _remove_half(self, name: str, before: int | None) -> None:
        """Remove what is there of a file, but not the whole one of an earlier try."""
        try:
            if self.size(name) not in (None, before):
                self.remove(name)
        except Exception as error:
            log.warning("What was written of a result could not be removed: %s", type(error).__name__)
