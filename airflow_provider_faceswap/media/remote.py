"""A clip behind a URL as a file for FFmpeg: guarded as downloads are, and read no further than needed."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.hooks.exchange import run
from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.piece import EnoughError, Piece
from airflow_provider_faceswap.storage.download import MAX_REDIRECTS
from airflow_provider_faceswap.storage.hosts import HostRules, Link
from airflow_provider_faceswap.storage.part import NotYetError
from airflow_provider_faceswap.storage.transfer import transfer

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

MAX_BYTES = 64 * 1024**2
"""Bytes of a clip that are asked for at most; those that are asked for twice count twice."""
MAX_SECONDS = 60.0
"""Seconds that one look at a clip may take."""

_TRIES = 3
_SHORT_STEP = 64 * 1024
_LONG_STEP = 2 * 1024**2
# A server that knows no ranges begins at the start each time: so much first, then all there may be.
_STEP_FROM_START = 1024**2


def _too_slow() -> UnreadableError:
    return UnreadableError(f"it takes longer than {MAX_SECONDS:g} s to look at the clip")


class RemoteFile:
    """
    A remote file to read and to seek in, as FFmpeg does.

    No error leaves :meth:`read`: FFmpeg would swallow it, even one that ends the task. The file ends
    there, and :meth:`check` raises the error later.

    :param url: of the file.
    :param copy: an empty local file for what is fetched.
    :param settings: of the connection that the clip is meant for.
    :raises UnreadableError: if the URL is not allowed.
    """

    def __init__(self, url: str, copy: Path, settings: Settings) -> None:
        self._copy = copy
        self._settings = settings
        self._rules = HostRules(settings.origin, settings.allow_private_hosts)
        try:
            self._link = self._rules.check(url)
        except ResultError as error:
            raise UnreadableError(str(error)) from None
        self._deadline = time.monotonic() + MAX_SECONDS
        self._position = 0
        self._total: int | None = None
        self._validator: str | None = None
        self._ranged = True
        self._step = _SHORT_STEP
        self._known: list[tuple[int, int]] = []
        self._failure: BaseException | None = None
        self._received = 0

    def read(self, size: int) -> bytes:
        """Return some of the bytes that follow, or none at the end."""
        if self._failure is None:
            try:
                return self._read(size)
            except BaseException as error:  # a timeout of Airflow is no Exception
                self._failure = error
        return b""

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere; return where, or -1 where that cannot be told."""
        if whence == os.SEEK_END and self._total is None:
            return -1
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._total or 0}[whence]
        if base + offset < 0:
            return -1
        self._position = base + offset
        return self._position

    def check(self) -> None:
        """Raise what went wrong, if something did, or if it takes too long."""
        if self._failure is not None:
            raise self._failure
        if time.monotonic() > self._deadline:
            raise _too_slow()

    def _read(self, size: int) -> bytes:
        end = self._known_end()
        if end is None and (self._total is None or self._position < self._total):
            self._fetch()
            end = self._known_end()
        if end is None:
            return b""
        with self._copy.open("rb") as file:
            file.seek(self._position)
            found = file.read(min(size, end - self._position))
        self._position += len(found)
        return found

    def _known_end(self) -> int | None:
        return next((end for start, end in self._known if start <= self._position < end), None)

    def _fetch(self) -> None:
        start, end = self._range()
        try:
            run(asyncio.wait_for(self._with_patience(start, end), self._deadline - time.monotonic()))
        except asyncio.TimeoutError:
            raise _too_slow() from None
        except NotYetError as error:
            raise UnreadableError(str(error), again=True) from None
        except ResultError as error:
            raise UnreadableError(str(error)) from None

    def _range(self) -> tuple[int, int]:
        """Return what to ask for: little after a jump, more and more while it is read in one go."""
        allowed = MAX_BYTES - self._received
        if self._ranged:
            goes_on = any(end == self._position for _, end in self._known)
            self._step = min(2 * self._step, _LONG_STEP) if goes_on else _SHORT_STEP
            start = self._position
            ends = [start + min(self._step, allowed), *(known for known, _ in self._known if known > start)]
        else:
            start = 0
            ends = [_STEP_FROM_START if self._position < _STEP_FROM_START else allowed, allowed]
        end = min(ends if self._total is None else [*ends, self._total])
        if end <= self._position:
            raise UnreadableError(
                f"over {MAX_BYTES / 1024**2:g} MB of the clip would have to be read{self._why()}"
            )
        return start, end

    def _why(self) -> str:
        return "" if self._ranged else ", for its server knows no ranges"

    async def _with_patience(self, start: int, end: int) -> None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(NotYetError),
            stop=stop_after_attempt(_TRIES),
            wait=wait_random_exponential(multiplier=0.5, max=2),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                await self._bring(Piece(self._copy, start, end))

    async def _bring(self, piece: Piece) -> None:
        try:
            self._link = await self._through_redirects(piece)
        finally:
            self._received += piece.received
        if self._validator not in (None, piece.validator) or self._total not in (None, piece.total):
            raise UnreadableError("the clip changed while it was read")
        self._ranged, self._total, self._validator = piece.ranged, piece.total, piece.validator
        self._known.append((piece.start, piece.start + piece.size))

    async def _through_redirects(self, piece: Piece) -> Link:
        """Return the link that gave the piece: the next one is asked for there."""
        link = self._link
        for _ in range(MAX_REDIRECTS + 1):
            try:
                moved = await transfer(link, piece, self._rules, self._settings)
            except EnoughError:
                return link
            if moved is None:
                return link
            link = self._rules.follow(link, moved)
        raise ResultError(f"the vendor's link was redirected more than {MAX_REDIRECTS} times")
