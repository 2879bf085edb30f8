"""A file that is on its way: what came of it, whether it may be taken up again, whether it comes at all."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.formats import HEAD, breaks_off, recognise

if TYPE_CHECKING:
    from airflow_provider_faceswap.storage.hosts import Link

MAX_BYTES = 5 * 1024**3
"""Bytes that a job's downloads may take, all its files and tries together."""
SLOWEST = 32 * 1024
"""Bytes a second that a download must make on the whole: a drip would hold the worker for days."""
GRACE = 120.0
"""Seconds for which that does not count: a link may take a while to work."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})\Z", re.ASCII)


class NotYetError(Exception):
    """The link did not work, and may work in a moment."""


class Budget:
    """
    What the downloads of one job may take.

    :param max_bytes: over all files and tries.
    :param seconds: from now on.
    """

    def __init__(self, max_bytes: int | None = None, seconds: float = float("inf")) -> None:
        self.max_bytes = MAX_BYTES if max_bytes is None else max_bytes
        self.seconds = seconds
        self._spent = 0
        self._ends = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self._ends - time.monotonic())

    def check(self, more: int) -> None:
        """
        Check that more bytes may come.

        :raises ResultError: if not.
        """
        if self._spent + more > self.max_bytes:
            raise ResultError(
                f"the result is larger than {self.max_bytes} bytes, over all its files and tries"
            )

    def spend(self, count: int) -> None:
        """
        Take in that bytes came.

        :raises ResultError: if they are too many.
        """
        self.check(count)
        self._spent += count


class Part:
    """
    The part of a result that has been fetched.

    :param path: where it is written.
    :param kind: what it must be.
    :param patience: seconds without any progress after which it is given up.
    :param budget: of its job; one for this file alone if not given.
    :ivar head: its first bytes.
    :ivar digest: of all that has come.
    """

    def __init__(self, path: Path, kind: Kind, patience: float, budget: Budget | None = None) -> None:
        self.path = path
        self.size = 0
        self.link: Link | None = None
        self.budget = budget or Budget()
        self._kind = kind
        self._patience = patience
        self._total: int | None = None
        self._validator = ""
        self.head = b""
        self.digest = hashlib.sha256()
        self._most = 0
        self._started = self._moved = time.monotonic()

    @property
    def hopeless(self) -> bool:
        """Whether nothing new has come for too long."""
        return time.monotonic() - self._moved >= self._patience

    @property
    def progress(self) -> str:
        """How much came, to put behind what went wrong; empty if no answer did."""
        if not self.size and self._total is None:
            return ""
        return f" after {self.size} of {'an unknown number of' if self._total is None else self._total} bytes"

    def headers(self) -> dict[str, str]:
        """Return what asks for the rest, if the server gave a validator for it."""
        if not self.size or not self._validator:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self._validator}

    def begin(self, status: int, headers: Mapping[str, str], length: int | None) -> None:
        """
        Take in the head of an answer that carries the file, or the rest of it.

        :param length: the answer's Content-Length.
        :raises NotYetError: if it is another rest than the one that was asked for.
        """
        if status == 206:
            self._check_rest(headers)
            return
        self._forget()
        self._total = length
        etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        self._validator = etag if etag.startswith('"') else modified
        self.budget.check(length or 0)

    def _check_rest(self, headers: Mapping[str, str]) -> None:
        found = _CONTENT_RANGE.match(headers.get("Content-Range", "").strip())
        start, last, total = map(int, found.groups()) if found else (-1, -1, -1)
        same = not self._validator.startswith('"') or headers.get("ETag", self._validator) == self._validator
        expected = total if self._total is None else self._total
        if not self.size or not same or (start, last + 1, total) != (self.size, total, expected):
            self._forget()
            raise NotYetError("another part came than the one that was asked for")
        self._total = total
        self.budget.check(total - self.size)

    def _forget(self) -> None:
        self.size, self._total, self._validator, self.head = 0, None, "", b""
        self.digest = hashlib.sha256()

    def start_over(self, problem: str) -> NotYetError:
        """Forget what came, and return the error that says why."""
        self._forget()
        return NotYetError(problem)

    def open(self) -> AbstractContextManager[BinaryIO]:
        """
        Open the file where the next byte belongs; to leave the context is to write all that came.

        :raises ResultError: if the disk does not take it.
        """
        return self._opened()

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with self._blamed():
            file = self.path.open("r+b" if self.size else "wb")
        try:
            if self.size:  # ext4 writes a file that was cut to nothing out as it is closed: 0.3 s for 1 GB
                with self._blamed():
                    file.seek(self.size)
                    file.truncate()
            yield file
        finally:
            with self._blamed():
                file.close()

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        """Not the link's fault: another try would fail as well."""
        problem = ""
        try:
            yield
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            raise ResultError(f"{self.path.parent} could not be written: {problem}")

    def add(self, chunk: bytes, file: BinaryIO) -> None:
        """
        Hash and write a piece.

        :param file: what :meth:`open` opened.
        :raises ResultError: as soon as the file is too large, too slow or not of its kind, or the disk full.
        """
        self.budget.spend(len(chunk))
        self.digest.update(chunk)
        with self._blamed():
            file.write(chunk)
        self.size += len(chunk)
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
            if len(self.head) == HEAD:
                recognise(self.head, self._kind)
        if self.size > self._most:
            self._most, self._moved = self.size, time.monotonic()
        self._check_pace()

    def finish(self, *, proven: bool = False) -> None:
        """
        Check that all of it came.

        :param proven: whether the protocol says so where no length was promised.
        :raises NotYetError: if not.
        """
        if self._total is not None and self.size < self._total:
            raise NotYetError(f"{self.size} of {self._total} bytes came")
        if self._total is not None and self.size > self._total:
            raise self.start_over(f"more than the {self._total} bytes came that were promised")
        if not self.size:
            raise NotYetError("an empty body came")
        # Nothing else tells a connection that was cut.
        if self._total is None and not proven and breaks_off(self.path):
            raise NotYetError(f"a clip that breaks off after {self.size} bytes came")

    def _check_pace(self) -> None:
        # Only bytes that were not there before buy time: a server may cut and begin again forever.
        if time.monotonic() - self._started > GRACE + self._most / SLOWEST:
            raise ResultError(f"the result comes slower than {SLOWEST // 1024} KB a second{self.progress}")
