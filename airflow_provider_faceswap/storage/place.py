"""What is done with the files of a folder, wherever it is: they are whole or not there at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO


class Place(ABC):
    """
    A folder. Its methods raise whatever the store raises.

    :ivar url: of the folder.
    """

    url: str

    @abstractmethod
    def prepare(self) -> None:
        """Make the folder, where a store needs that."""

    @abstractmethod
    def names(self, prefix: str) -> list[str]:
        """List the names that start with a prefix."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """List all files with their sizes, by one look at the folder; what lies below it is left out."""

    @abstractmethod
    def there(self, name: str, *longer: str) -> set[str]:
        """Return which names exist, however much the folder holds; all of them start with the first."""

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
    def scratch(self) -> AbstractContextManager[Path]:
        """Give a private folder of local disk for a file on its way; it is removed with all that is in it."""

    @abstractmethod
    def take(self, name: str, local: Path, size: int) -> None:
        """Move a file of :meth:`scratch` here; if that fails, nothing half-written is left."""

    def stale(self) -> list[str]:
        """List what killed workers have left of files on their way; most stores keep nothing half-written."""
        return []

    def remove_stale(self, name: str) -> None:
        """Remove what :meth:`stale` lists."""
        raise NotImplementedError(name)

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file."""
