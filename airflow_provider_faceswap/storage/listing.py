"""A folder listed once for a whole batch: what it holds is asked of no store again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_faceswap.storage.stored_file import StoredFile


@dataclass(frozen=True)
class Listing:
    """
    The files of a folder at one moment.

    :param folder: its checked URL.
    :param sizes: of its files, by name.
    """

    folder: str
    sizes: Mapping[str, int]

    def named(self, stem: str) -> list[str]:
        """Return the files that have a name, whatever their suffix."""
        return self._stems.get(stem, [])

    def covers(self, file: StoredFile) -> bool:
        """Whether a file was stored in this folder."""
        return file.url.rpartition("/")[0] == self.folder

    def holds(self, file: StoredFile) -> bool:
        """Whether a file of this folder has its recorded size."""
        return self.sizes.get(file.url.rpartition("/")[2]) == file.bytes

    @cached_property
    def _stems(self) -> Mapping[str, list[str]]:
        stems = defaultdict(list)
        for name in sorted(self.sizes):
            stems[name.rpartition(".")[0]].append(name)
        return dict(stems)
