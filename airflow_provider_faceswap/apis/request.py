"""What every vendor's endpoints have in common: a submission is billed, a poll is free."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from airflow_provider_faceswap.apis.job import Cost, Job
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.reading import read_id
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InDoubtError,
    InputError,
    NotSentError,
    PollError,
)

MAX_REPLY = 4 * 1024 * 1024
"""Bytes of a decoded reply to a submission; a longer one is refused."""
MAX_POLL_REPLY = 1024 * 1024
"""Bytes of a decoded reply to a poll, and of any reply that is read in an event loop."""

RequestT = TypeVar("RequestT", bound="Request")


def _job_id(value: str) -> str:
    if read_id(value) is None:
        raise ValueError("must be the vendor's id, of letters, digits, '_' and '-'")
    return value


class Request(BaseModel):
    """One request of a vendor's API: where it goes, what it carries, how its reply is read."""

    # Built when first used: of all the requests a task needs two or three.
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)

    operation: ClassVar[str]
    docs: ClassVar[str]
    """The vendor's page about it."""
    billed: ClassVar[bool]
    method: ClassVar[Literal["GET", "POST"]] = "POST"
    max_reply: ClassVar[int] = MAX_REPLY
    """Bytes of a decoded reply; a longer one is refused."""
    answers_at_once: ClassVar[bool] = False
    """Whether the answer holds the result, so that it takes as long as the work."""

    @classmethod
    def checked(cls: type[RequestT], inputs: Mapping[str, Any]) -> RequestT:
        """
        Make the request from a Dag author's inputs.

        :param inputs: the operation's fields by the vendor's names.
        :raises InputError: naming the field and the remedy, never the value.
        """
        try:
            return cls.model_validate(inputs)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or cls.operation
            raise InputError(name, first["msg"].removeprefix("Value error, ")) from None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        # A URL that is signed for the vendor is for nobody else.
        return ()

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
    def read(self, reply: Reply) -> Job | None:
        """
        Return what the reply says of the job.

        :return: None where it says nothing: then a submission is in doubt, and a poll has failed.
        :raises FaceSwapError: as :mod:`~airflow_provider_faceswap.apis.contract` says for each kind.
        """

    @abstractmethod
    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """
        Return the error of a request that got no reply.

        :param reason: what broke, without a URL.
        :param sent: whether anything may have reached the vendor.
        """

    def unread(self, status: int) -> Job | None:
        """
        Return what the status alone says where the reply is too large for an event loop.

        A worker may read more, so it asks again for a job that is settled here.

        :return: None where the status says nothing: then the request has failed.
        """
        return None


class Submission(Request):
    """A request that the vendor bills once it has accepted it."""

    billed: ClassVar[bool] = True
    kind: ClassVar[Kind]
    max_wait: ClassVar[float] = math.inf
    """Seconds from submission for which the vendor keeps the job's record."""
    max_clip_seconds: ClassVar[float] = math.inf
    """Length of a clip that the vendor takes."""
    clip_length: ClassVar[str] = ""
    """The field that takes the clip's length in seconds, if there is one; measured where it is not given."""
    beside: ClassVar[tuple[str, ...]] = ()
    """Fields that change nothing about the result."""
    webhook_is_ours: ClassVar[bool] = False
    """Whether the vendor posts the result to a URL of ours, and nowhere else."""
    refuses_with_5xx: ClassVar[bool] = False
    """Whether a refusal counts under a status of 500 and above too, because the vendor's documents say so."""
    variant: ClassVar[Mapping[str, str]] = {}
    """What tells this request from another one of the same operation: an option's name, and its value."""

    def price(self) -> Cost | None:
        """Return what the job costs, if the vendor's documents say it."""
        return None

    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """Return NotSentError where nothing was sent, InDoubtError otherwise."""
        if sent:
            return InDoubtError(f"the job may be taken: {reason}")
        return NotSentError(f"nothing was sent: {reason}")


class Poll(Request):
    """
    A free request that asks how a job stands.

    :param job_id: the vendor's id.
    :param route: where to ask, as a reply or a user said; see the vendor's own subclass.
    """

    billed: ClassVar[bool] = False
    max_reply: ClassVar[int] = MAX_POLL_REPLY

    job_id: Annotated[str, AfterValidator(_job_id)]
    route: dict[str, str] = {}

    def broken_off(self, reason: str, *, sent: bool) -> FaceSwapError:
        """Return PollError: a poll may always be repeated."""
        return PollError(reason)
