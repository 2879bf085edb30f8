"""A folder of local disk, or of any filesystem that is mounted."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from airflow_provider_faceswap.storage.formats import CHUNK
from airflow_provider_faceswap.storage.lineage import note_written
from airflow_provider_faceswap.storage.local import open_regular
from airflow_provider_faceswap.storage.place import Place

log = logging.getLogger(__name__)

_UNFINISHED = (".faceswap-", ".part")
_STALE = 3600


class LocalPlace(Place):
    """A folder of a mounted filesystem."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.url = f"file://{root}"
        self._tidied = False

    def prepare(self) -> None:
        """Make the folder and those above it."""
        self._root.mkdir(parents=True, exist_ok=True)

    def names(self, prefix: str) -> list[str]:
        """List the names that start with a prefix."""
        return [name for name in os.listdir(self._root) if name.startswith(prefix)]

    def sizes(self) -> dict[str, int]:
        """List regular files, with their sizes."""
        found = {}
        with suppress(FileNotFoundError), os.scandir(self._root) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # removed meanwhile
                    if entry.is_file(follow_symlinks=False):
                        found[entry.name] = entry.stat(follow_symlinks=False).st_size
        return found

    def there(self, name: str, *longer: str) -> set[str]:
        """Return which names exist, dangling symlinks included."""
        return set(filter(self.exists, (name, *longer)))

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
        note_written(f"{self.url}/{name}")

    def scratch(self) -> AbstractContextManager[Path]:
        """Give a folder in this one, so that the file need not be copied."""
        self._tidy()
        return scratch_folder(self._root)

    def take(self, name: str, local: Path, size: int) -> None:
        """Rename the file; it is not synced: a power cut leaves a shorter one, which is collected again."""
        if local.stat().st_size != size:
            raise OSError(f"the file has not the {size} bytes that arrived")
        local.replace(self._root / name)
        note_written(f"{self.url}/{name}")

    def stale(self) -> list[str]:
        """List scratch folders and files that nobody has written to for an hour."""
        start, end = _UNFINISHED
        names = []
        for path in self._root.glob(f"{start}*{end}"):
            with suppress(FileNotFoundError):  # its owner lives, and has removed it
                newest = max(found.lstat().st_mtime for found in (path, *path.glob("*")))
                if time.time() - newest > _STALE:
                    names.append(path.name)
        return names

    def remove_stale(self, name: str) -> None:
        """Remove what :meth:`stale` lists."""
        path = self._root / name
        with suppress(FileNotFoundError):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def _tidy(self) -> None:
        """Remove, once for all files, what killed workers have left."""
        if self._tidied:
            return
        self._tidied = True
        try:
            for name in self.stale():
                self.remove_stale(name)
        except OSError as error:
            log.warning("What killed workers left in %s could not be deleted: %s", self.url, error.strerror)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._root / name).unlink(missing_ok=True)

    def _unfinished(self, source: bytes | BinaryIO) -> Path:
        # Random and exclusive: two tries of a task do not write to the same file, nor through a symlink.
        path = self._root / uuid4().hex.join(_UNFINISHED)
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


@contextmanager
def scratch_folder(above: Path | None = None) -> Iterator[Path]:
    """
    Give a private folder of a random name.

    :param above: where; None for the folder of temporary files.
    """
    prefix, suffix = _UNFINISHED if above else ("faceswap-", "")
    with tempfile.TemporaryDirectory(prefix=prefix, suffix=suffix, dir=above) as scratch:
        yield Path(scratch)
