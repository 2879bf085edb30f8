"""What every vendor's endpoints have in common."""

from __future__ import annotations

import enum
import json
import math
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from airflow_provider_faceswap.apis.reading import MOST_WORDS, read_id, words
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InDoubtError,
    InputError,
    LookError,
    NotSentError,
)

MAX_REPLY = 4 * 1024 * 1024
"""Bytes of a decoded reply of most calls; a longer one is refused."""
_MOST_CONTAINERS = 50_000
_TRAILING_COMMA = re.compile(r",\s*([\]}])")

CallT = TypeVar("CallT", bound="Call")


@dataclass(frozen=True)
class Reply:
    """
    An HTTP reply.

    :param status: its HTTP status.
    :param headers: its headers.
    :param body: as it came over the wire, decompressed.
    :param hide: takes out of a text what must not be repeated, before anything is quoted.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    hide: Callable[[str], str] = field(default=str, repr=False)

    def json(self) -> dict[str, Any] | None:
        """Return the body if it is a JSON object, else None."""
        if self.body.count(b"[") + self.body.count(b"{") > _MOST_CONTAINERS:
            return None  # half a second of an event loop
        # A byte in a wrong encoding must not hide the id of a job that is paid.
        text = self.body.decode("utf-8-sig", "replace")
        for spelling in (text, _TRAILING_COMMA.sub(r"\1", text)):  # vendors' own examples have such commas
            try:
                value = json.loads(spelling)
            except (ValueError, RecursionError):
                continue
            return value if isinstance(value, dict) else None
        return None

    def __str__(self) -> str:
        start = self.words(self.json() or self.body.decode("utf-8", "replace"), 200)
        return f"HTTP {self.status}: {start}" if start else f"HTTP {self.status} with an empty body"

    def words(self, said: object, most: int = MOST_WORDS) -> str:
        """Return something that the vendor says in this reply as one line for people."""
        return words(said, self.hide, most)


def _job_id(value: str) -> str:
    if read_id(value) is None:
        raise ValueError("must be the vendor's id, of letters, digits, '_' and '-'")
    return value


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


class Cost(BaseModel):
    """
    What a vendor took for a job.

    :param amount: how much.
    :param unit: of what, such as ``credits``.
    """

    model_config = ConfigDict(frozen=True)

    amount: float
    unit: str = "credits"


class Job(BaseModel):
    """
    A job as one reply of the vendor describes it.

    :param job_id: the vendor's id, always text; empty only for a finished answer without one.
    :param state: where it stands.
    :param output: absolute http(s) URLs of the results.
    :param message: the vendor's words, fit for a log: no URL beyond its host.
    :param eta: seconds until the vendor expects to be done, if it says.
    :param seconds: seconds that the vendor worked on it, if it says.
    :param meta: what is kept of the vendor's metadata, see ``apis.reading.META_KEYS``.
    :param poll_url: where the vendor wants to be asked for this job, if it says.
    :param cost: what the vendor says it took.
    :param content: the result itself, where it came with the answer.
    :param faces: boxes of the faces found, ``(x1, y1, x2, y2)`` in pixels, of an extraction.
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
    cost: Cost | None = None
    content: bytes | None = Field(default=None, repr=False)
    faces: tuple[tuple[int, int, int, int], ...] | None = None


class Call(BaseModel):
    """One request of a vendor's API: where it goes, what it carries, how its reply is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    operation: ClassVar[str]
    billed: ClassVar[bool]
    method: ClassVar[Literal["GET", "POST"]] = "POST"
    largest_reply: ClassVar[int] = MAX_REPLY
    """Bytes of a decoded reply; a longer one is refused."""

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

    def files(self) -> dict[str, bytes]:
        """Return the fields that are sent as files; with any, the body goes as a multipart form."""
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
    kind: ClassVar[Literal["image", "video", "any"]]
    longest_wait: ClassVar[float] = math.inf
    """Seconds from submission for which the vendor keeps the job's record."""
    webhook_is_ours: ClassVar[bool] = False
    """Whether the vendor tells the result to a URL of ours alone."""

    def price(self) -> Cost | None:
        """Return what the vendor's documents say that the call costs, if they do."""
        return None

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

    job_id: Annotated[str, AfterValidator(_job_id)]
    route: dict[str, str] = {}

    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """A look may always be repeated."""
        return LookError(reason)


@dataclass(frozen=True)
class Vendor:
    """
    A vendor.

    :param name: its connection type.
    :param operations: its submissions by their endpoint's names.
    :param look: how its jobs are looked at, if they can be.
    :param read_callback: reads what it posts to a callback, if it does; raises LookError for rubbish.
    """

    name: str
    operations: Mapping[str, type[Submission]] = field(default_factory=dict)
    look: type[Look] | None = None
    read_callback: Callable[[bytes], Job] | None = None
