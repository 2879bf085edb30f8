"""A file that was stored, as results and records name it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.folders import url_problem
from airflow_provider_faceswap.storage.listing import Listing
from airflow_provider_faceswap.storage.places import open_place, said

_MAX_URL = 8192
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_FORMAT = re.compile(r"[a-z0-9]{1,8}\Z")


@dataclass(frozen=True)
class StoredFile:
    """
    A file that was stored.

    :param url: full URL, as ObjectStoragePath takes it.
    :param bytes: its size.
    :param sha256: of its content, in hex.
    :param format: such as ``mp4``.
    """

    url: str
    bytes: int
    sha256: str
    format: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Any) -> StoredFile:
        """
        Check what :meth:`as_dict` returned, after it lay where others could write.

        :raises ValueError: if it is something else.
        """
        if not isinstance(value, dict) or set(value) != {"url", "bytes", "sha256", "format"}:
            raise ValueError("a stored file must have url, bytes, sha256 and format")
        url, size, digest, kind = value["url"], value["bytes"], value["sha256"], value["format"]
        if not isinstance(url, str) or not _is_file_url(url):
            raise ValueError("a stored file's url must be an object storage URL without a query")
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 2**63:
            raise ValueError("a stored file's bytes must be a whole number of at least 0")
        if not isinstance(digest, str) or not _SHA256.match(digest):
            raise ValueError("a stored file's sha256 must be 64 hex digits")
        if not isinstance(kind, str) or not _FORMAT.match(kind):
            raise ValueError("a stored file's format must be a short name such as mp4")
        return cls(url, size, digest, kind)


def still_there(files: Sequence[StoredFile], listing: Listing | None = None) -> bool:
    """
    Whether stored files exist with their recorded size.

    :param listing: of the folder that most of them are in: those are looked up there.
    :raises ResultError: if a store cannot be read now.
    """
    for file in files:
        if listing and listing.covers(file):
            if not listing.holds(file):
                return False
            continue
        folder, _, name = file.url.rpartition("/")
        problem = ""
        try:
            if open_place(folder, ResultError).size(name) != file.bytes:
                return False
        except Exception as error:  # each store has errors of its own
            problem = said(error)
        if problem:
            raise ResultError(f"cannot check now whether {file.url} is still there: {problem}")
    return True


def _is_file_url(url: str) -> bool:
    folder, _, name = url.rpartition("/")
    return (
        bool(name)
        and len(url) <= _MAX_URL
        and url.isprintable()
        and not (url_problem(url) or url_problem(folder))
    )
