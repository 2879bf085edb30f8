"""A clip behind a URL as a file for FFmpeg: guarded as downloads are, and read no further than needed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.media import limits
from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.piece import EnoughError, Piece
from airflow_provider_faceswap.storage.hosts import HostRules
from airflow_provider_faceswap.storage.part import Budget, NotYetError
from airflow_provider_faceswap.storage.transfer import fetch

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings

MAX_BYTES = 64 * 1024**2
"""Bytes of a clip that are asked for at most; those that are asked for twice count twice."""

_TRIES = 3
_SHORT_STEP = 64 * 1024
_LONG_STEP = 2 * 1024**2
# A server without ranges starts at the first byte each time: a little first, then all there may be.
_STEP_FROM_START = 1024**2


class RemoteFile:
    """
    A remote file, of which no more is fetched than is read.

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
        self._budget = Budget(seconds=limits.MAX_SECONDS)
        self.total: int | None = None
        """Bytes of the whole, if the server says."""
        self._validator: str | None = None
        self._ranged = True
        self._step = _SHORT_STEP
        self._known: list[tuple[int, int]] = []
        self._received = 0

    def read_at(self, offset: int, size: int) -> bytes:
        """
        Return some of the bytes from there on, at most that many, or none at the end.

        :raises UnreadableError: if they cannot be fetched.
        """
        end = self._known_end(offset)
        if end is None and (self.total is None or offset < self.total):
            self._fetch(offset)
            end = self._known_end(offset)
        if end is None:
            return b""
        with self._copy.open("rb") as file:
            file.seek(offset)
            return file.read(min(size, end - offset))

    def _known_end(self, offset: int) -> int | None:
        return next((end for start, end in self._known if start <= offset < end), None)

    def _fetch(self, offset: int) -> None:
        start, end = self._range(offset)
        try:
            self._with_patience(start, end)
        except NotYetError as error:
            if not self._budget.seconds_left:
                raise limits.too_slow() from None
            raise UnreadableError(str(error), again=True) from None
        except ResultError as error:
            raise UnreadableError(str(error)) from None

    def _range(self, offset: int) -> tuple[int, int]:
        """Return what to ask for: little after a jump, more and more while it is read in one go."""
        allowed = MAX_BYTES - self._received
        if self._ranged:
            goes_on = any(end == offset for _, end in self._known)
            self._step = min(2 * self._step, _LONG_STEP) if goes_on else _SHORT_STEP
            start = offset
            ends = [start + min(self._step, allowed), *(known for known, _ in self._known if known > start)]
        else:
            start = 0
            ends = [_STEP_FROM_START if offset < _STEP_FROM_START else allowed, allowed]
        end = min(ends if self.total is None else [*ends, self.total])
        if end <= offset:
            raise UnreadableError(
                f"over {MAX_BYTES / 1024**2:g} MB of the clip would have to be read{self._why()}"
            )
        return start, end

    def _why(self) -> str:
        return "" if self._ranged else ", as its server does not support ranges"

    def _with_patience(self, start: int, end: int) -> None:
        pause = wait_random_exponential(multiplier=0.5, max=2)
        retrying = Retrying(
            retry=retry_if_exception_type(NotYetError),
            stop=stop_after_attempt(_TRIES),
            wait=lambda state: min(pause(state), self._budget.seconds_left),
            reraise=True,
        )
        for attempt in retrying:
            with attempt:
                self._bring(Piece(self._copy, start, end))

    def _bring(self, piece: Piece) -> None:
        piece.budget = self._budget
        try:
            with suppress(EnoughError):
                fetch(self._link, piece, self._rules, self._settings)
        finally:
            self._received += piece.received
        if self._validator not in (None, piece.validator) or self.total not in (None, piece.total):
            raise UnreadableError("the clip changed while it was read")
        self._ranged, self.total, self._validator = piece.ranged, piece.total, piece.validator
        self._known.append((piece.start, piece.start + piece.size))
        self._link = piece.link or self._link  # where the next piece is, too
