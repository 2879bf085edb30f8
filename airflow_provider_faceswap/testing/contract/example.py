"""What an author says of an operation, and what each vendor is asked with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import FaceSwapError

Meaning = JobState | type[FaceSwapError]
"""The state of the job that a reply describes, or the class of the error that it is."""

KEY = "k3y-0f-n0b0dy"
"""The API key of all requests."""
PAGE = b"<!doctype html><html><body><h1>Access denied</h1>API key, rate limit, no face</body></html>"
NOTHING = (
    *(Reply(status, {"content-type": "text/html"}, PAGE) for status in (200, 400, 401, 403, 404, 407, 429)),
    *(Reply(status, {}, PAGE) for status in (500, 502, 503, 504)),
    *(Reply(200, {}, body) for body in (b"", b"{}", b"[]", b"null", b'"ok"', b"\x00\xff", b'{"": [{}]}')),
    Reply(204, {}, b""),
    Reply(302, {"location": "https://elsewhere.example/"}, b""),
    Reply(500, {}, b"{}"),
    Reply(503, {}, b"upstream connect error or disconnect/reset before headers"),
)
"""Replies of proxies and broken servers: they prove nothing about a job."""


@dataclass(frozen=True)
class Example:
    """
    A submission, and what replies to it mean.

    :param operation: its key among the vendor's operations.
    :param fields: as a Dag's author gives them; media as ``https://`` URLs where the vendor takes any.
    :param replies: as the vendor's documents show them, each with what it means: one of each kind at least.
    """

    operation: str
    fields: Mapping[str, Any]
    replies: Sequence[tuple[Reply, Meaning]] = field(default=())


def described(reply: Reply) -> str:
    """Return a reply in a few words."""
    return f"HTTP {reply.status} {reply.body[:60]!r}"


def called(meaning: Meaning) -> str:
    """Return what a reply means as an author writes it."""
    return f"JobState.{meaning.name}" if isinstance(meaning, JobState) else meaning.__name__
