"""One range of a remote file on its way to the local copy, which has holes where nothing was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from airflow_provider_faceswap.storage.part import NotYetError, Part

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\Z", re.ASCII)


class EnoughError(Exception):
    """All that was asked for has come; what else the server sends is not read."""


class Piece(Part):
    """
    A range of a remote file. The answer of a server without ranges is cut off once the range has come.

    :param path: the local copy.
    :param start: the first byte that is wanted.
    :param end: the byte after the last one.
    """

    def __init__(self, path: Path, start: int, end: int) -> None:
        super().__init__(path, "video", patience=0)
        self.start = start
        self.end = end
        self.ranged = True
        self.received = 0
        self.total: int | None = None
        self.validator = ""

    def headers(self) -> dict[str, str]:
        """Return what asks for the range."""
        return {"Range": f"bytes={self.start}-{self.end - 1}"}

    def begin(self, status: int, headers: Mapping[str, str], length: int | None) -> None:
        """
        Take in the head of an answer that carries the range, or the whole file.

        :raises NotYetError: if it is another range than the one that was asked for.
        """
        self.validator = headers.get("ETag", "") or headers.get("Last-Modified", "")
        self.ranged = status == 206
        if self.ranged:
            self._take_range(headers.get("Content-Range", "").strip())
        elif self.start:
            raise NotYetError("the whole file came instead of the part that was asked for")
        else:
            self.total = length

    def _take_range(self, said: str) -> None:
        found = _CONTENT_RANGE.match(said)
        start, end = (int(found[1]), int(found[2]) + 1) if found else (-1, -1)
        if not found or start != self.start or end <= start:
            raise NotYetError("another part came than the one that was asked for")
        self.end = min(self.end, end)
        self.total = None if found[3] == "*" else int(found[3])

    def open(self) -> BinaryIO:
        """Open the local copy where the range belongs."""
        file = self.path.open("r+b")
        file.seek(self.start)
        return file

    def add(self, chunk: bytes, file: BinaryIO) -> None:
        """
        Write what is wanted of a chunk.

        :raises EnoughError: once all of the range has come.
        """
        self.received += len(chunk)
        chunk = chunk[: self.end - self.start - self.size]
        file.write(chunk)
        self.size += len(chunk)
        if self.start + self.size == self.end:
            raise EnoughError

    def finish(self, *, proven: bool = False) -> None:
        """
        Take in that no more comes.

        :param proven: of no matter, as a piece may end anywhere.
        :raises NotYetError: if more was promised.
        """
        if self.ranged or (self.total is not None and self.size < self.total):
            raise NotYetError(f"the answer broke off after {self.size} bytes")
        self.total = self.size
