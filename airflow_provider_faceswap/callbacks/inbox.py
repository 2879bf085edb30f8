"""
The inbox: a folder that the receiver writes to, triggers watch, and workers read and empty.

``{inbox}/{vendor}/{nonce}.{digest}`` is one body that came for a job. The two small files of a claim,
``{inbox}/{vendor}/claims/{job_id}.nonce`` and ``.../{nonce}.job``, tie a vendor's id to its nonce.
"""

from __future__ import annotations

import enum
import hashlib
import random
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property

from airflow_provider_faceswap.apis.reading import JOB_ID, one_line
from airflow_provider_faceswap.callbacks.folder import Folder, open_folder
from airflow_provider_faceswap.callbacks.tokens import NONCE, RETENTION_DAYS, VENDOR
from airflow_provider_faceswap.exceptions import FaceSwapError, InboxError

MAX_BODIES = 4
"""Different bodies kept for one job: access logs hold its URL, so the first may be a stranger's."""
MAX_UNREAD = 8
"""Bodies that cannot be read, after which no more are tried in this poll."""

_DIGEST = 32
_BODY = re.compile(rf"({NONCE.pattern})\.([0-9a-f]{{{_DIGEST}}})")
_CLAIM = re.compile(r"[A-Za-z0-9_-]{1,128}\.(nonce|job)")
_UNFINISHED = re.compile(r"\..+\.part")


class PutResult(str, enum.Enum):
    """What happened to a body."""

    KEPT = "kept"
    REPEATED = "repeated"
    """The inbox holds the same body already."""
    FULL = "full"
    """The inbox holds :data:`MAX_BODIES` others already, so this one was not kept."""


class Inbox:
    """
    The inbox as this process sees it. Everything here blocks: never call it on an event loop.

    :param url: the folder's URL, such as ``s3://conn_id@bucket/inbox`` or ``file:///inbox``.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self) -> None:
        """Look up the folder's connection and filesystem now, instead of at the first use."""
        _ = self._folder

    def put(self, vendor: str, nonce: str, body: bytes) -> PutResult:
        """
        Keep a body. For one nonce, call it from one thread at a time: two could both take the last place.

        :param vendor: who sent it.
        :param nonce: of the token that it came with.
        :param body: as a reader will get it.
        """
        subfolder, name = _vendor(vendor), f"{_nonce(nonce)}.{digest_of(body)}"
        with self._wrap_errors("written"):
            there = self._bodies_of(vendor, nonce)
            if name in there:
                return PutResult.REPEATED
            if len(there) >= MAX_BODIES:
                return PutResult.FULL
            self._folder.write(subfolder, name, body)
            return PutResult.KEPT

    def digests(self, vendor: str, nonce: str) -> set[str]:
        """Return the digests of the bodies that came for a job."""
        with self._wrap_errors("read"):
            return {name.partition(".")[2] for name in self._bodies_of(vendor, nonce)}

    def arrived(self, vendor: str) -> dict[str, set[str]]:
        """List all bodies at once: the names of their files by nonce."""
        found: dict[str, set[str]] = {}
        with self._wrap_errors("read"):
            for name in self._folder.files(_vendor(vendor)):
                if match := _BODY.fullmatch(name):
                    found.setdefault(match[1], set()).add(name)
        return found

    def read(
        self, vendor: str, names: Collection[str], unread: dict[str, InboxError] | None = None
    ) -> dict[str, bytes]:
        """
        Read bodies by the names that :meth:`arrived` gave; a missing one is left out.

        :param vendor: who sent them.
        :param names: of files.
        :param unread: takes up those that cannot be read, so that they do not hide the others; after
            :data:`MAX_UNREAD` the rest is left for the next time.
        :raises InboxError: if one cannot be read, and ``unread`` is not given.
        """
        names = [_check(_BODY, name, "file name") for name in names]
        try:
            with self._wrap_errors("read"):
                return self._folder.read(_vendor(vendor), names)
        except InboxError:
            if unread is None:
                raise
        found: dict[str, bytes] = {}
        for name in random.sample(names, len(names)):  # each in its turn, where there are too many
            try:
                found |= self.read(vendor, [name])
            except InboxError as error:
                unread[name] = error
                if len(unread) >= MAX_UNREAD:
                    break
        return found

    def bodies(self, vendor: str, nonce: str) -> list[bytes]:
        """Return the bodies that came for a job, the oldest first."""
        with self._wrap_errors("read"):
            there = self._bodies_of(vendor, nonce)
            found = self._folder.read(vendor, there)
        return [found[name] for name in sorted(found, key=lambda name: (there[name], name))]

    def claim(self, vendor: str, job_id: str, nonce: str) -> None:
        """
        Tie a vendor's id to its nonce, for readers that know only the id.

        :param vendor: the vendor.
        :param job_id: its id of the job.
        :param nonce: of the token that the job was submitted with.
        """
        claims = f"{_vendor(vendor)}/claims"
        with self._wrap_errors("written"):
            self._folder.write(claims, f"{_job_id(job_id)}.nonce", _nonce(nonce).encode())
            self._folder.write(claims, f"{nonce}.job", job_id.encode())

    def claimed(self, vendor: str, job_id: str) -> str | None:
        """Return the nonce of a vendor's job, if a worker has claimed it."""
        with self._wrap_errors("read"):
            found = self._folder.read(f"{_vendor(vendor)}/claims", [f"{_job_id(job_id)}.nonce"])
        nonce = next(iter(found.values()), b"").decode("ascii", "replace")
        return nonce if NONCE.fullmatch(nonce) else None

    def delete(self, vendor: str, nonce: str) -> None:
        """Delete a job's bodies and its claim."""
        subfolder, claim = _vendor(vendor), f"{_nonce(nonce)}.job"
        claims = f"{subfolder}/claims"
        with self._wrap_errors("written"):
            self._folder.remove(subfolder, self._folder.files(subfolder, prefix=f"{nonce}."))
            for content in self._folder.read(claims, [claim]).values():
                job_id = content.decode("ascii", "replace")
                if JOB_ID.fullmatch(job_id):  # whoever can write there could name any file
                    self._folder.remove(claims, [f"{job_id}.nonce"])
            self._folder.remove(claims, [claim])

    def sweep(self, older_than_days: float = RETENTION_DAYS) -> int:
        """
        Delete what nobody has collected, for all vendors; files that are not the inbox's own stay.

        :param older_than_days: the age from which a file is deleted.
        :return: how many files were deleted.
        """
        old = self.older_than(time.time() - older_than_days * 86400)
        with self._wrap_errors("swept"):
            for subfolder, names in old.items():
                self._folder.remove(subfolder, names)
        return sum(map(len, old.values()))

    def older_than(self, before: float) -> dict[str, list[str]]:
        """
        List what was written before a moment; files that are not the inbox's own are left out.

        :param before: in seconds since the epoch.
        :return: the names of the files, by the subfolder.
        """
        found = {}
        with self._wrap_errors("read"):
            for vendor in filter(VENDOR.fullmatch, self._folder.subfolders()):
                for subfolder, own in ((vendor, _BODY), (f"{vendor}/claims", _CLAIM)):
                    found[subfolder] = self._older(subfolder, (own, _UNFINISHED), before)
        return found

    def remove(self, subfolder: str, name: str) -> None:
        """Delete one file by the names that :meth:`older_than` gave."""
        with self._wrap_errors("swept"):
            self._folder.remove(subfolder, [name])

    def _bodies_of(self, vendor: str, nonce: str) -> dict[str, float]:
        files = self._folder.files(_vendor(vendor), prefix=f"{_nonce(nonce)}.")
        return {name: written for name, written in files.items() if _BODY.fullmatch(name)}

    def _older(self, subfolder: str, own: tuple[re.Pattern[str], ...], before: float) -> list[str]:
        files = self._folder.files(subfolder)
        names = [name for name in files if any(pattern.fullmatch(name) for pattern in own)]
        return [name for name in names if files[name] < before]

    @cached_property
    def _folder(self) -> Folder:
        return open_folder(self.url)

    @contextmanager
    def _wrap_errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except FaceSwapError:
            raise
        except Exception as error:  # each store has errors of its own
            problem = one_line(f"{type(error).__name__}: {error}")
            raise InboxError(f"[faceswap] inbox could not be {done}: {problem}") from None


def digest_of(body: bytes) -> str:
    """
    Return what names a body among those of its job.

    :param body: as it is put.
    """
    return hashlib.sha256(body).hexdigest()[:_DIGEST]


def _vendor(vendor: str) -> str:
    return _check(VENDOR, vendor, "vendor")


def _nonce(nonce: str) -> str:
    return _check(NONCE, nonce, "nonce")


def _job_id(job_id: str) -> str:
    return _check(JOB_ID, job_id, "job id")


def _check(pattern: re.Pattern[str], text: str, what: str) -> str:
    """Return what may be a part of a path; the error does not quote it, as a stranger may have written it."""
    if not pattern.fullmatch(text):
        raise InboxError(f"[faceswap] inbox: this {what} cannot name a file: it must match {pattern.pattern}")
    return text
