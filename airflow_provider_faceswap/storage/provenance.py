"""The line beside each stored file: what it is, and which job it belongs to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from airflow_provider_faceswap import __version__
from airflow_provider_faceswap.apis.reading import read_id
from airflow_provider_faceswap.apis.results import iso
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.places import Place

SUFFIX = ".provenance.json"
SCHEMA_VERSION = 1
"""Of a line; ``docs/provenance.schema.json`` describes it. A field that is added leaves it as it is."""
MAX_LINE = 128 * 1024
"""Bytes of a line that are read: whose it is, is not known before."""
MAX_CONSENT = 8000
"""Characters of a consent_reference, so that a line stays shorter than what is read of it."""
MAX_NAMES = 100
"""Names that are tried for a file before somebody should clear the folder."""
_MAX_ID = 64
_SAME_MOMENT = 0.01


@dataclass(frozen=True)
class Owner:
    """
    The job that files belong to.

    :param provider: the vendor's connection type.
    :param job_id: the vendor's id, or nothing.
    :param fallback_name: names it where there is no id.
    :param submitted_at: seconds since the epoch, if known.
    :param inputs: the media that it was made from.
    """

    provider: str
    job_id: str
    fallback_name: str
    submitted_at: float | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What identifies the job."""
        return self.job_id or self.fallback_name

    def check(self) -> None:
        """
        Check that the job can name a file.

        :raises ResultError: if not.
        """
        if any(read_id(text) != text for text in (self.provider, self.id)):
            raise ResultError("the job's id holds characters that cannot name a file")

    def stems(self, output_name: str | None) -> Iterator[str]:
        """Return the names to try for a file, each for the case that those before belong to other jobs."""
        own = f"{self.provider}-{self.id}"
        yield output_name or own
        again = f"{output_name}-{self.id[:_MAX_ID]}" if output_name else own
        if output_name:
            yield again
        for number in count(2):
            yield f"{again}-{number}"

    def line(self, consent_reference: str | None, facts: Mapping[str, Any]) -> bytes:
        """
        Return the line for a file.

        :param consent_reference: free text.
        :param facts: about the file, the operation and the task.
        """
        line = {
            "schema_version": SCHEMA_VERSION,
            "provider": self.provider,
            "job_id": self.job_id,
            **({} if self.job_id else {"uuid": self.fallback_name}),
            "inputs": dict(self.inputs),
            "submitted_at": iso(self.submitted_at),
            "stored_at": iso(time.time()),
            "consent_reference": consent_reference[:MAX_CONSENT] if consent_reference else None,
            "provider_version": __version__,
            **facts,
        }
        return (json.dumps(line, ensure_ascii=False) + "\n").encode(errors="replace")

    def owns(self, line: dict[str, Any]) -> bool:
        """Whether a line is about this job. Two hosts of a vendor may give the same id, at other times."""
        if line.get("provider") != self.provider or named_id(line) != self.id:
            return False
        submitted_at = _epoch(line.get("submitted_at"))
        if submitted_at is None or self.submitted_at is None:
            return True
        return abs(submitted_at - self.submitted_at) < _SAME_MOMENT


def _epoch(moment: object) -> float | None:
    try:
        return datetime.fromisoformat(str(moment)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def named_id(line: dict[str, Any]) -> str:
    """Return what identifies a line's job; nothing if the line does not say."""
    found = line.get("job_id") or line.get("uuid")
    return found if isinstance(found, str) else ""


def read_line(place: Place, name: str, *, denied: bool = False) -> dict[str, Any]:
    """
    Read the line of a file.

    :param denied: whether a line that must not be read is an error, and not one that says nothing.
    :return: an empty one if there is none, or if it cannot be understood.
    """
    try:
        line = json.loads(place.read(name + SUFFIX, MAX_LINE))
    except PermissionError:
        if denied:
            raise
        return {}
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}


def claim(place: Place, name: str, owner: Owner, line: bytes) -> bool:
    """
    Write a file's line, before the file itself, unless the name belongs to another job.

    :return: whether the name is this job's now.
    """
    beside = name + SUFFIX
    there = place.there(name, beside)
    if beside not in there:
        if name in there:
            return False
        if place.create(beside, line):
            return True
    if not owner.owns(read_line(place, name)):
        return False
    place.write(beside, line)
    return True
