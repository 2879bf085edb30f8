"""A picture or a clip, opened: its size, its type by its first bytes, and any piece of it."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import BinaryIO

from airflow_provider_faceswap.apis.signatures import HEAD, signature
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.storage.files import StoredObject
from airflow_provider_faceswap.storage.places import said

TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "avi": "video/x-msvideo",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
}


class Medium(ABC):
    """
    An open picture or clip.

    :ivar size: in bytes.
    :ivar etag: changes with the content.
    :ivar content_type: by the first bytes, whatever its name says.
    """

    size: int
    etag: str
    content_type: str

    @abstractmethod
    def read(self, start: int, most: int) -> bytes:
        """Return bytes from a position on; fewer, or none, only at the end."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""

    def _describe(self, size: int, version: str, head: bytes) -> None:
        # Not `recognise`, which takes base64 text as well.
        content_type = TYPES.get(signature(head, "any"))
        if content_type is None:
            raise NotShownError("no_medium", "The file does not hold a picture or a video.")
        self.size, self.content_type = size, content_type
        self.etag = f'"{hashlib.sha256(version.encode()).hexdigest()[:32]}"'


class LocalMedium(Medium):
    """
    A file of local disk.

    :param file: open, and closed with this.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        try:
            found = os.fstat(file.fileno())
            version = f"{found.st_dev}-{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"
            self._describe(found.st_size, version, os.pread(file.fileno(), HEAD, 0))
        except BaseException:
            file.close()
            raise

    def read(self, start: int, most: int) -> bytes:
        """Read without moving the file's position."""
        return os.pread(self._file.fileno(), most, start)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class StoredMedium(Medium):
    """
    An object in object storage; no more is fetched than is asked for, and a little ahead.

    :param url: such as ``s3://conn_id@bucket/key``.
    """

    def __init__(self, url: str) -> None:
        self._file: BinaryIO | None = None
        self._object = StoredObject("The file", url)
        try:
            self._describe(self._object.size, self._object.version, self._head())
        except FaceSwapError as error:
            text = said(error)
            missing = "does not exist" in text
        else:
            return
        if missing:
            raise NotShownError("gone", "The file is not in its store any more.")
        raise NotShownError("store_failed", f"The store cannot be read: {text}")

    def _head(self) -> bytes:
        return self._object.head() if self._object.size else b""

    def read(self, start: int, most: int) -> bytes:
        """Read on in the file."""
        if self._file is None:
            self._file = self._object.open()
        self._file.seek(start)
        return self._file.read(most)

    def close(self) -> None:
        """Close what was opened."""
        if self._file is not None:
            with suppress(Exception):
                self._file.close()
