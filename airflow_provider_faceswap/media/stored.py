"""A clip in object storage or on local disk as a file for FFmpeg: no more of it is read than needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.remote import MAX_BYTES
from airflow_provider_faceswap.storage.formats import BLOCK

if TYPE_CHECKING:
    from airflow_provider_faceswap.storage.files import File


class OpenFile:
    """
    An open file, of which no more is read than is asked for.

    :param file: that was opened.
    :param stream: its content.
    """

    def __init__(self, file: File, stream: BinaryIO) -> None:
        self._file = file
        self._stream = stream
        self._left = MAX_BYTES
        self._end = 0
        self.total: int | None = file.size

    def read_at(self, offset: int, size: int) -> bytes:
        """
        Return the bytes from there on, at most that many.

        :raises UnreadableError: if too many were asked for by now.
        :raises InputError: if they cannot be read.
        :raises NotSentError: if they cannot be read now.
        """
        with self._file.readable():
            self._stream.seek(min(offset, self._file.size))
            content = self._stream.read(size)
        # After a jump, the store's library fetches a block of which this may be little.
        self._left -= len(content) if offset == self._end else max(len(content), BLOCK)
        self._end = offset + len(content)
        if self._left < 0:
            raise UnreadableError(f"over {MAX_BYTES / 1024**2:g} MB of the clip would have to be read")
        return content
