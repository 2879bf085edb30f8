"""A local file that is written and hashed in a thread, while more of it comes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import ResultError

if TYPE_CHECKING:
    from hashlib import _Hash

BLOCK = 512 * 1024
"""Bytes that are handed to the thread at once; a smaller file needs no thread. Up to three are in memory."""


class Sink:
    """
    The end of a file, open for writing. To leave its context is to write all that came.

    :param path: of the file.
    :param start: bytes to keep; those behind them are dropped.
    :param digest: takes what is written.
    :raises ResultError: by each method, if the disk does not take it.
    """

    def __init__(self, path: Path, start: int, digest: _Hash) -> None:
        self._folder = path.parent
        self._digest = digest
        self._block: list[bytes] = []
        self._held = 0
        self._thread: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None
        with self._blamed():
            self._file = path.open("r+b" if start else "wb")
            self._file.seek(start)
            self._file.truncate()

    def __enter__(self) -> Sink:
        return self

    def write(self, chunk: bytes) -> None:
        """Take a piece; waits where the disk is slower than what comes."""
        self._block.append(chunk)
        self._held += len(chunk)
        if self._held >= BLOCK:
            self._wait()
            self._thread = self._thread or ThreadPoolExecutor(1, "faceswap-sink")
            self._running = self._thread.submit(self._take, self._block)
            self._block, self._held = [], 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._wait()
            with self._blamed():
                self._take(self._block)
                self._file.flush()
        finally:
            if self._thread:
                self._thread.shutdown()
            with self._blamed():
                self._file.close()

    def _wait(self) -> None:
        if self._running:
            with self._blamed():
                self._running.result()

    def _take(self, block: list[bytes]) -> None:
        for chunk in block:
            self._digest.update(chunk)
            self._file.write(chunk)

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        """Not the link's fault: another try would fail as well."""
        problem = ""
        try:
            yield
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            raise ResultError(f"{self._folder} could not be written: {problem}")
