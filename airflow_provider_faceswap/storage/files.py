"""Media that workers can read: files in object storage, and on local disk."""

from __future__ import annotations

import hashlib
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, NotSentError, ResultError
from airflow_provider_faceswap.storage.errors import is_permanent
from airflow_provider_faceswap.storage.folders import LOCAL, open_folder, url_problem
from airflow_provider_faceswap.storage.formats import BLOCK, HEAD, recognise
from airflow_provider_faceswap.storage.lineage import note_read
from airflow_provider_faceswap.storage.local import open_below_roots
from airflow_provider_faceswap.storage.signing import UnsignableError, sign

SIGNED_AGAIN = 300.0
"""Seconds for which a signed URL of an object serves for others of a batch."""
_WANTED = {"image": "a picture such as JPEG or PNG", "video": "a video such as MP4", "any": "media"}
# Names of stores' libraries for a version, and for the moment of the last change.
# Google's etag changes with a file's metadata too.
_ETAGS = ("generation", "ETag", "etag", "e_tag")
_TIMES = ("LastModified", "last_modified", "mtime", "updated")


_PACKAGES = {
    "s3": "apache-airflow-providers-amazon[s3fs]",
    "gs": "apache-airflow-providers-google",
    "gcs": "apache-airflow-providers-google",
    **dict.fromkeys(("abfs", "abfss", "adl"), "apache-airflow-providers-microsoft-azure"),
}


class Source(ABC):
    """
    A media input.

    :param name: of the field, for errors.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    @abstractmethod
    def described(self) -> str:
        """What a result says that it was made from: no query, no credentials, no content."""


class File(Source):
    """
    A file that workers can read.

    :raises InputError: by each method, if it cannot be read.
    :raises NotSentError: by each method, if the store fails in a way that may pass.
    """

    @property
    @abstractmethod
    def size(self) -> int:
        """Its bytes."""

    @property
    @abstractmethod
    def version(self) -> str:
        """What changes with its content: the store's etag, else size and time of the last change."""

    @abstractmethod
    def open(self) -> BinaryIO:
        """Open it for reading anywhere in it."""

    @abstractmethod
    def head(self) -> bytes:
        """Return its first bytes."""

    @abstractmethod
    def signed(self, seconds: int) -> str:
        """
        Return a URL that opens it for whoever has it.

        :param seconds: that the URL is valid for.
        :raises UnsignableError: if there can be none.
        """

    def check(self, kind: Kind) -> None:
        """Check that it exists, is not empty, and is of a kind by its first bytes."""
        if not self.size:
            raise InputError(self.name, "names a file that is empty; look at what wrote it")
        try:
            encoded = recognise(self.head(), kind).encoded
        except ResultError:
            encoded = True
        if encoded:  # base64 text could go on with anything
            raise InputError(self.name, f"names a file that does not hold {_WANTED[kind]}; it was not sent")
        note_read(self.described)

    def content(self) -> bytes:
        """Return all of it."""
        with self.readable(), self.open() as file:
            return self._whole(file.read(self.size + 1))

    def _whole(self, content: bytes) -> bytes:
        if len(content) > self.size:  # what was checked was another one
            raise NotSentError(f"{self.name}: the file grows while it is read; nothing was sent")
        return content

    @contextmanager
    def readable(self) -> Iterator[None]:
        """Turn what a store raises into the family's errors about this field."""
        try:
            yield
            return
        except (FaceSwapError, UnsignableError):
            raise
        except FileNotFoundError:
            problem: FaceSwapError = InputError(self.name, "names a file that does not exist")
        except Exception as error:
            what = type(error).__name__
            problem = (
                InputError(
                    self.name, f"names a file that cannot be read: {what}; give the workers the right to it"
                )
                if is_permanent(error)
                else NotSentError(
                    f"{self.name}: the file cannot be read now: {what}; nothing was sent to the vendor"
                )
            )
        raise problem from None


class LocalFile(File):
    """A file below one of the folders of ``[faceswap] local_roots``."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name)
        self._path = path

    @property
    def described(self) -> str:
        """Its ``file://`` URL."""
        return printable(f"file://{self._path}")

    @cached_property
    def _stat(self) -> os.stat_result:
        with self.open() as file:
            return os.fstat(file.fileno())

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._stat.st_size

    @property
    def version(self) -> str:
        """Its size and the time of its last change."""
        return f"{self._stat.st_size}-{self._stat.st_mtime_ns}"

    def open(self) -> BinaryIO:
        """Open it; one and the same sentence if it is missing, and if it may not be read."""
        try:
            return open_below_roots(self._path)
        except (OSError, ValueError):  # ValueError: a null byte
            raise InputError(
                self.name,
                "names a local file that is missing or is not below [faceswap] local_roots: set local_roots "
                "on the workers, or give a URL or an object-storage path such as s3://conn_id@bucket/key",
            ) from None

    def head(self) -> bytes:
        """Return its first bytes."""
        with self.open() as file:
            return file.read(HEAD)

    def signed(self, seconds: int) -> str:
        """Raise UnsignableError: nobody else can open it."""
        raise UnsignableError("it lies on local disk, where the vendor cannot fetch it")


class StoredObject(File):
    """
    An object in object storage.

    :param url: such as ``s3://conn_id@bucket/key``.
    :ivar shared: whether many submissions share it, so that it is checked once, and signed now and then.
    """

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name)
        self.shared = False
        self._url = url
        self._checked: set[Kind] = set()
        self._signed: dict[int, tuple[float, str]] = {}

    @property
    def described(self) -> str:
        """Its URL."""
        return printable(self._url)

    @cached_property
    def _path(self) -> Any:
        from airflow.sdk.io import has_fs

        scheme = self._url.partition("://")[0]
        # Not whatever fsspec knows: some of its filesystems read local disk, or what another one gives.
        if "::" in self._url or not has_fs(scheme) or scheme in LOCAL:
            wanted = "must be a URL, or a path in an object store that Airflow serves, such as s3://conn_id@bucket/key"
            package = _PACKAGES.get(scheme)
            raise InputError(self.name, f"{wanted}; {scheme}:// needs {package}" if package else wanted)
        if problem := url_problem(self._url):
            raise InputError(self.name, problem)
        if not urlsplit(self._url).path.strip("/"):
            raise InputError(self.name, "names a bucket, and not a file in it")
        return open_folder(self._url, self.name)

    @cached_property
    def _info(self) -> dict[str, Any]:
        path = self._path
        with self.readable():
            path.fs.invalidate_cache()  # a listing from before would give the former version
            info: dict[str, Any] = path.fs.info(path.path)
            if info.get("type") != "file":
                raise FileNotFoundError
            return info

    @property
    def size(self) -> int:
        """Its bytes."""
        return int(self._info.get("size") or 0)

    @property
    def version(self) -> str:
        """The store's etag, else size and time of the last change."""
        for name in _ETAGS:
            if etag := self._info.get(name):
                return str(etag).strip('"')
        changed = next((str(self._info[name]) for name in _TIMES if self._info.get(name)), "")
        return f"{self.size}-{changed}"

    def open(self) -> BinaryIO:
        """Open it; no more is fetched than is read, and a little ahead."""
        file: BinaryIO = self._path.fs.open(self._path.path, "rb", block_size=BLOCK)
        return file

    def head(self) -> bytes:
        """Return its first bytes, and fetch no more of it."""
        with self.readable():
            found: bytes = self._path.fs.cat_file(self._path.path, start=0, end=min(self.size, HEAD))
            return found

    def content(self) -> bytes:
        """Return all of it."""
        with self.readable():
            return self._whole(self._path.fs.cat_file(self._path.path, start=0, end=self.size + 1))

    def check(self, kind: Kind) -> None:
        """Check it; once, if it is shared: a batch has one face for thousands of clips."""
        if not self.shared or kind not in self._checked:
            super().check(kind)
            self._checked.add(kind)

    def signed(self, seconds: int) -> str:
        """Return a signed URL; if it is shared, the same for a while, as a signature takes 13 ms of CPU."""
        signed_at, url = self._signed.get(seconds, (0.0, ""))
        if not self.shared or not url or time.monotonic() > signed_at + min(SIGNED_AGAIN, seconds / 10):
            with self.readable():
                url = sign(self._path, seconds)
            self._signed[seconds] = (time.monotonic(), url)
        return url


def printable(url: str) -> str:
    """Return a URL as people can read it: names of files may hold odd blanks and control characters."""
    return "".join(char if char.isprintable() else quote(char, errors="replace") for char in url)


def digest(content: bytes) -> str:
    """Return ``sha256:`` and the digest of some content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
