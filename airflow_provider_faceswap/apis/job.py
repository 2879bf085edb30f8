"""A job, in words that all vendors share."""

from __future__ import annotations

import enum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


def no_link(said: str) -> str:
    """Return the message of a job in the state NO_RESULT: what happened, then the vendor's words."""
    return "finished, and its answer holds no http(s) link" + (f": {said}" if said else "")


class JobState(str, enum.Enum):
    """Where a job stands, in words that all vendors share."""

    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"
    CONGESTED = "congested"
    """Failed because the vendor's queue was full: only a new submission helps."""
    NO_RESULT = "no_result"
    """Finished, and the answer holds no link to a result: asking again changes nothing."""
    UNKNOWN = "unknown"
    """The vendor does not know the id."""
    UNCLEAR = "unclear"
    """The vendor answered with something that its documents do not have."""

    @property
    def settled(self) -> bool:
        """Whether one such answer is final."""
        return self in (JobState.SUCCESS, JobState.FAILED, JobState.CONGESTED, JobState.NO_RESULT)

    @property
    def known(self) -> bool:
        """Whether the vendor knows the job."""
        return self not in (JobState.UNKNOWN, JobState.UNCLEAR)

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

    amount: float = Field(allow_inf_nan=False)
    unit: Annotated[str, Field(max_length=32)] = "credits"


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
