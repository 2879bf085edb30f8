"""A folder in object storage."""

from __future__ import annotations

import logging
import shutil
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from airflow_provider_faceswap.storage.formats import CHUNK
from airflow_provider_faceswap.storage.lineage import note_written
from airflow_provider_faceswap.storage.local_place import scratch_folder
from airflow_provider_faceswap.storage.place import Place

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

log = logging.getLogger(__name__)


class StoredPlace(Place):
    """
    A folder in object storage, where a single PUT is whole or not there.

    :param folder: its path.
    """

    def __init__(self, folder: ObjectStoragePath) -> None:
        self._folder = folder
        self._fs: Any = folder.fs
        self._root = folder.path.rstrip("/")
        self.url = str(folder).rstrip("/")

    def prepare(self) -> None:
        """Do nothing: object stores have no folders."""

    def names(self, prefix: str) -> list[str]:
        """List the names that start with a prefix."""
        self._fs.invalidate_cache()  # else another process's new files stay unseen
        try:
            if self._finds_by_prefix:
                found = self._fs.find(self._root, prefix=prefix)
            else:
                found = self._fs.ls(self._root, detail=False)
        except FileNotFoundError:  # nothing has been written there yet
            return []
        names = filter(None, map(self._name, found))
        return [name for name in names if name.startswith(prefix) and "/" not in name]

    def sizes(self) -> dict[str, int]:
        """List files with their sizes."""
        self._fs.invalidate_cache()
        try:
            listed = self._fs.ls(self._root, detail=True)
        except FileNotFoundError:
            return {}
        found = {self._name(entry["name"]): entry["size"] for entry in listed if entry["type"] == "file"}
        return {name: int(size) for name, size in found.items() if name and "/" not in name}

    def there(self, name: str, *longer: str) -> set[str]:
        """Ask by one listing where the store lists by prefix: a name that is missing costs more alone."""
        if not self._finds_by_prefix:
            return set(filter(self.exists, (name, *longer)))
        return {name, *longer} & set(self.names(name))

    def _name(self, path: Any) -> str:
        text, folder = str(path).strip("/"), self._root.strip("/") + "/"
        return text.removeprefix(folder) if text.startswith(folder) else ""

    @cached_property
    def _finds_by_prefix(self) -> bool:
        # Other filesystems take the argument as well, and walk through all that lies below.
        finders = filter(None, (getattr(self._fs, name, None) for name in ("find", "_find")))
        return any("prefix" in signature(finder).parameters for finder in finders)

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
        for _ in range(2):  # a writer at the same moment may be answered "conflict", before the file is there
            try:
                self._fs.pipe_file(self._path(name), content, mode="create")
                return True
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

    def scratch(self) -> AbstractContextManager[Path]:
        """Give a folder of temporary files."""
        return scratch_folder()

    def take(self, name: str, local: Path, size: int) -> None:
        """Upload the file."""
        with local.open("rb") as source:
            self.put(name, source, size)

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
