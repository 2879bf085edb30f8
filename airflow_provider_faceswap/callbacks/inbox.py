"""
The inbox: a folder that the receiver writes to, triggers look at, and workers read and empty.

``{inbox}/{vendor}/{nonce}.{digest}`` is one body that came for a job, and the two small files of a claim,
``{inbox}/{vendor}/claims/{job_id}.nonce`` and ``.../{nonce}.job``, tie a vendor's id to its nonce.
"""

from __future__ import annotations

import enum
import hashlib
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Lock

from airflow_provider_faceswap.apis.reading import JOB_ID, one_line
from airflow_provider_faceswap.callbacks.folder import Folder, open_folder
from airflow_provider_faceswap.callbacks.tokens import NONCE, RETENTION_DAYS, VENDOR
from airflow_provider_faceswap.exceptions import FaceSwapError, InboxError

MAX_BODIES = 4
"""Different bodies kept for one job: its URL stands in access logs, so the first may be a stranger's."""

_DIGEST = 32
_BODY = re.compile(rf"({NONCE.pattern})\.([0-9a-f]{{{_DIGEST}}})")
_CLAIM = re.compile(r"[A-Za-z0-9_-]{1,128}\.(nonce|job)")
_UNFINISHED = re.compile(r"\..+\.part")
# Two bodies for one job are written one after the other, else both could take the last place.
_locks = tuple(Lock() for _ in range(64))


class Put(str, enum.Enum):
    """What became of a body."""

    KEPT = "kept"
    REPEATED = "repeated"
    """The same body lies there already."""
    FULL = "full"
    """So many other bodies lie there that this one was not kept."""


class Inbox:
    """
    The inbox as this process sees it. Everything here blocks: never call it on an event loop.

    :param url: the folder's URL, such as ``s3://conn_id@bucket/inbox`` or ``file:///inbox``.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def put(self, vendor: str, nonce: str, body: bytes) -> Put:
        """
        Keep a body, at once and whole.

        :param vendor: who sent it.
        :param nonce: of the token that it came with.
        :param body: as it is to be read.
        """
        part = _vendor(vendor)
        name = f"{_nonce(nonce)}.{hashlib.sha256(body).hexdigest()[:_DIGEST]}"
        with self._telling("written"), _locks[hash(nonce) % len(_locks)]:
            there = self._folder.files(part, prefix=f"{nonce}.")
            if name in there:
                return Put.REPEATED
            if len(there) >= MAX_BODIES:
                return Put.FULL
            self._folder.write(part, name, body)
            return Put.KEPT

    def arrived(self, vendor: str) -> dict[str, set[str]]:
        """List, at one go, what lies there: names of files by nonce."""
        found: dict[str, set[str]] = {}
        with self._telling("read"):
            for name in self._folder.files(_vendor(vendor)):
                if form := _BODY.fullmatch(name):
                    found.setdefault(form[1], set()).add(name)
        return found

    def read(self, vendor: str, names: Collection[str]) -> dict[str, bytes]:
        """Read bodies by the names that :meth:`arrived` gave; one that is gone is left out."""
        with self._telling("read"):
            return self._folder.read(_vendor(vendor), names)

    def bodies(self, vendor: str, nonce: str) -> list[bytes]:
        """Return the bodies that came for a job, the oldest first."""
        with self._telling("read"):
            there = self._folder.files(_vendor(vendor), prefix=f"{_nonce(nonce)}.")
            found = self._folder.read(vendor, there)
        return [found[name] for name in sorted(found, key=lambda name: (there[name], name))]

    def claim(self, vendor: str, job_id: str, nonce: str) -> None:
        """
        Tie a vendor's id to its nonce, for those who know the id alone.

        :param vendor: the vendor.
        :param job_id: its id of the job.
        :param nonce: of the token that the job was submitted with.
        """
        part = f"{_vendor(vendor)}/claims"
        with self._telling("written"):
            self._folder.write(part, f"{_job_id(job_id)}.nonce", _nonce(nonce).encode())
            self._folder.write(part, f"{nonce}.job", job_id.encode())

    def claimed(self, vendor: str, job_id: str) -> str | None:
        """Return the nonce of a vendor's job, if a worker has claimed it."""
        with self._telling("read"):
            found = self._folder.read(f"{_vendor(vendor)}/claims", [f"{_job_id(job_id)}.nonce"])
        nonce = next(iter(found.values()), b"").decode("ascii", "replace")
        return nonce if NONCE.fullmatch(nonce) else None

    def delete(self, vendor: str, nonce: str) -> None:
        """Delete a job's bodies and its claim."""
        part, claim = _vendor(vendor), f"{_nonce(nonce)}.job"
        with self._telling("written"):
            self._folder.remove(part, self._folder.files(part, prefix=f"{nonce}."))
            for job_id in self._folder.read(f"{part}/claims", [claim]).values():
                self._folder.remove(f"{part}/claims", [f"{job_id.decode('ascii')}.nonce", claim])

    def sweep(self, older_than_days: float = RETENTION_DAYS) -> int:
        """
        Delete what nobody has come for, of all vendors; files that are not the inbox's own stay.

        :param older_than_days: the age from which on a file goes.
        :return: how many files went.
        """
        before, swept = time.time() - older_than_days * 86400, 0
        with self._telling("swept"):
            for vendor in filter(VENDOR.fullmatch, self._folder.parts()):
                swept += self._sweep_part(vendor, (_BODY, _UNFINISHED), before)
                swept += self._sweep_part(f"{vendor}/claims", (_CLAIM, _UNFINISHED), before)
        return swept

    def _sweep_part(self, part: str, ours: tuple[re.Pattern[str], ...], before: float) -> int:
        files: Mapping[str, float] = self._folder.files(part)
        old = [
            name
            for name, written in files.items()
            if written < before and any(form.fullmatch(name) for form in ours)
        ]
        self._folder.remove(part, old)
        return len(old)

    @cached_property
    def _folder(self) -> Folder:
        return open_folder(self.url)

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        problem = ""
        try:
            yield
        except (FaceSwapError, AssertionError):
            raise
        except Exception as error:  # each store has errors of its own
            problem = one_line(f"{type(error).__name__}: {error}")
        if problem:
            raise InboxError(f"[faceswap] inbox could not be {what}: {problem}")


def _vendor(vendor: str) -> str:
    return _checked(VENDOR, vendor)


def _nonce(nonce: str) -> str:
    return _checked(NONCE, nonce)


def _job_id(job_id: str) -> str:
    return _checked(JOB_ID, job_id)


def _checked(form: re.Pattern[str], text: str) -> str:
    """Return what is to be a part of a path, if it can be nothing else."""
    if not form.fullmatch(text):
        raise InboxError(f"{text[:40]!r} cannot name a file of the inbox")
    return text
