"""What every vendor's endpoints have in common."""

from __future__ import annotations

import enum
import json
import math
import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InDoubtError,
    InputError,
    LookError,
    NotSentError,
)

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
META_KEYS = ("seed", "file_prefix", "watermark", "output_format", "request_id")
_URL_IN_TEXT = re.compile(r"(https?://[^/\s\"'<>?#]+)[^\s\"'<>]*", re.IGNORECASE)

CallT = TypeVar("CallT", bound="Call")


@dataclass(frozen=True)
class Reply:
    """An HTTP reply as it came over the wire, decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """Return the body if it is a JSON object, else None."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def __str__(self) -> str:
        start = words(self.body[:200].decode("utf-8", "replace"))
        return f"HTTP {self.status}: {start}" if start else f"HTTP {self.status} with an empty body"


class JobState(str, enum.Enum):
    """Where a job stands, in words that all vendors share."""

    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"
    CONGESTED = "congested"
    """Failed because the vendor's queue was full: only a new submission helps."""
    UNKNOWN = "unknown"
    """The vendor does not know the id."""
    UNCLEAR = "unclear"
    """The vendor answered with something that its documents do not have."""

    @property
    def settled(self) -> bool:
        """Whether one such answer is final."""
        return self in (JobState.SUCCESS, JobState.FAILED, JobState.CONGESTED)

    @property
    def waiting(self) -> bool:
        """Whether the vendor says that the job is on its way."""
        return self is JobState.PROCESSING


class Job(BaseModel):
    """
    A job as one reply of the vendor describes it.

    :param job_id: the vendor's id, always text; empty only for a finished answer without one.
    :param state: where it stands.
    :param output: absolute http(s) URLs of the results.
    :param message: the vendor's words, fit for a log: no URL beyond its host.
    :param eta: seconds until the vendor expects to be done, if it says.
    :param seconds: seconds that the vendor worked on it, if it says.
    :param meta: what is kept of the vendor's metadata, see :data:`META_KEYS`.
    :param poll_url: where the vendor wants to be asked for this job, if it says.
    """

    model_config = ConfigDict(frozen=True)

    job_id: str
    state: JobState
    output: tuple[str, ...] = ()
    message: str = ""
    eta: float | None = None
    seconds: float | None = None
    meta: dict[str, str | int | float | bool] = {}
    poll_url: str | None = None


class Call(BaseModel):
    """One request of a vendor's API: where it goes, what it carries, how its reply is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    operation: ClassVar[str]
    billed: ClassVar[bool]

    @classmethod
    def checked(cls: type[CallT], inputs: Mapping[str, Any]) -> CallT:
        """
        Make the call from a Dag author's inputs.

        :param inputs: the operation's fields by the vendor's names.
        :raises InputError: naming the field and the remedy, never the value.
        """
        try:
            return cls.model_validate(inputs)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or cls.operation
            raise InputError(name, first["msg"].removeprefix("Value error, ")) from None

    @abstractmethod
    def path(self, route: Mapping[str, str]) -> str:
        """Return the path on the vendor's host; ``route`` holds the connection's own choices."""

    def body(self) -> dict[str, Any]:
        """Return the JSON body, without the API key."""
        return {}

    @abstractmethod
    def read(self, reply: Reply) -> Job:
        """Tell what the reply says of the job, or raise an error of the family."""

    @abstractmethod
    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """
        Return the error for a call that got no reply.

        :param reason: what broke, without a URL.
        :param sent: whether anything may have reached the vendor.
        """


class Submission(Call):
    """A call that the vendor bills once it has accepted it."""

    billed: ClassVar[bool] = True
    kind: ClassVar[Literal["image", "video"]]

    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """Tell "certainly not taken" from "in doubt"."""
        if sent:
            return InDoubtError(f"{reason}; the vendor may have taken the job")
        return NotSentError(f"{reason}; nothing was sent")


class Look(Call):
    """
    A free call that tells how a job stands.

    :param job_id: the vendor's id.
    :param route: what a reply or a user said of where to ask, see the vendor's own subclass.
    """

    billed: ClassVar[bool] = False

    job_id: str
    route: dict[str, str] = {}

    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """A look may always be repeated."""
        return LookError(reason)


@dataclass(frozen=True)
class Vendor:
    """A vendor's operations by their endpoint's names, and how its jobs are looked at."""

    name: str
    look: type[Look]
    operations: Mapping[str, type[Submission]] = field(default_factory=dict)


def read_id(value: object) -> str | None:
    """Return a vendor's job id as text if it is one that may stand in a URL or a file name."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    return text if JOB_ID.match(text) else None


def read_seconds(value: object) -> float | None:
    """Return a duration that a vendor states, if it is a sane one."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds < 1e7 else None


def read_urls(*candidates: object) -> tuple[str, ...]:
    """Return the absolute http(s) URLs of the first candidate (list or text) that holds any."""
    for value in candidates:
        items = value if isinstance(value, list) else [value]
        urls = tuple(item.strip() for item in items if isinstance(item, str))
        urls = tuple(url for url in urls if url.lower().startswith(("http://", "https://")))
        if urls:
            return urls
    return ()


def read_meta(value: object) -> dict[str, str | int | float | bool]:
    """Return what is kept of a vendor's metadata: vendors echo inputs there, so it is an allow-list."""
    if not isinstance(value, dict):
        return {}
    return {
        key: value[key][:200] if isinstance(value[key], str) else value[key]
        for key in META_KEYS
        if isinstance(value.get(key), (str, int, float, bool))
    }


def words(value: object) -> str:
    """
    Flatten what a vendor says of an error into one line for people.

    :param value: text, or a list or object of texts; URLs in it are cut to their host.
    """
    if isinstance(value, dict):
        text = "; ".join(f"{key}: {words(item)}" for key, item in value.items())
    elif isinstance(value, list):
        text = ", ".join(words(item) for item in value)
    else:
        text = "" if value is None else str(value)
    text = " ".join(_URL_IN_TEXT.sub(r"\1/…", text).split())
    return text if len(text) <= 500 else text[:499] + "…"
