"""One bought job, as the task state store keeps it. People can edit it, so it is checked like any input."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from airflow_provider_faceswap.apis.job import Cost
from airflow_provider_faceswap.apis.results import Made, check_result
from airflow_provider_faceswap.apis.ticket import Ticket

MAX_LEFT = 20
"""Jobs that an entry names as left behind; the oldest go first."""

_MAX_TEXT = 2000
_KEPT_OF_ERASED = (
    "provider", "operation", "inputs", "identity", "versions", "base_url", "job_id", "name", "attempted_at",
    "submitted_at", "cost", "max_tries", "clear_number", "resubmissions", "doubts", "obeyed",
)  # fmt: skip
"""Fields of an entry whose result is deleted: digests and numbers, no media."""


def _one_line(text: str) -> str:
    # It is quoted in logs and errors.
    return "".join(char if char.isprintable() else " " for char in text)


def _cost(value: dict[str, Any] | None) -> dict[str, Any] | None:
    return value and Cost.model_validate(value).model_dump()


JobId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,128}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_/. -]{0,128}$")]
Text = Annotated[str, StringConstraints(max_length=_MAX_TEXT), AfterValidator(_one_line)]
Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")]
Moment = Annotated[float, Field(ge=0, lt=1e11, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=1_000_000)]


def readable_route(route: Mapping[str, str]) -> dict[str, str]:
    """Return what of a route an entry can hold: vendors name paths of any length."""
    return {name: text for name, text in route.items() if len(text) <= _MAX_TEXT}


class State(str, enum.Enum):
    """How far a purchase got."""

    INTENT = "intent"
    """About to submit; without an id beside it nobody knows whether the vendor took it."""
    IN_DOUBT = "in_doubt"
    """Submitted, and the answer does not say whether it was taken."""
    REFUSED = "refused"
    """Certainly not taken."""
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    """The vendor's verdict: failed for good."""


class Left(BaseModel):
    """A job that a later purchase of the same task left behind; its fields are those of the entry."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    provider: Name = ""
    operation: Name = ""
    job_id: JobId = ""
    name: JobId = ""
    state: State
    identity: JobId = ""
    base_url: Text = ""
    attempted_at: Moment = 0.0
    eta: Moment | None = None
    route: dict[Name, Text] = Field(default_factory=dict, max_length=8)
    nonce: Nonce = ""
    erased: Moment = 0.0

    def erased_at(self, moment: float) -> Left:
        """Return what stays of it when its result is deleted."""
        return self.model_copy(update={"nonce": "", "route": {}, "eta": None, "erased": moment})

    def __str__(self) -> str:
        return f"{self.provider} job {self.job_id or '(no id)'} ({self.operation}, {self.state.value})"


class Entry(BaseModel):
    """
    What is kept of a purchase. Never a key, never a URL with a signature.

    :param state: how far it got.
    :param provider: the vendor's connection type.
    :param operation: what was bought.
    :param inputs: a digest of each input, see :mod:`airflow_provider_faceswap.journal.fingerprint`; empty for
        a job that a person adopted.
    :param identity: one text for the inputs and the versions of their files; another task that has the same
        makes the same.
    :param versions: a digest of the version of each input that is a file, by its name.
    :param made_from: the media that it was made from, as the result names them.
    :param base_url: where it was bought; the job belongs to this host alone.
    :param job_id: the vendor's id, once known.
    :param name: names its files where the vendor gives no id.
    :param attempted_at: the latest submission, in seconds since the epoch.
    :param submitted_at: the first submission.
    :param deadline: until when the job is waited for.
    :param eta: seconds from submission to its end, as the vendor expected.
    :param route: where to ask for the job.
    :param nonce: of the callback that the submission asked for, if it did.
    :param cost: what the vendor said it took.
    :param spooled_at: where a paid picture lies that could not be stored at ``output_path``.
    :param result: what the task returns; of its links only if none has a query.
    :param max_tries: the task's, when this was written: a person's clear changes it.
    :param clear_number: the Dag run's, when this was written.
    :param replaceable: whether a clear allowed to buy the job again if the vendor does not know it.
    :param resubmissions: how often the job was submitted again because the vendor had dropped it.
    :param doubts: how often it was submitted again although it may have been taken before.
    :param problem: what went wrong last.
    :param obeyed: the id of the last :class:`~airflow_provider_faceswap.journal.wishes.Wish` that was obeyed.
    :param erased: when a person had its result deleted, in seconds since the epoch; it is not bought again.
    :param left: jobs that this purchase left behind.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: State
    provider: Name = ""
    operation: Name = ""
    inputs: dict[Name, Name] = Field(default_factory=dict, max_length=64)
    identity: JobId = ""
    versions: dict[Name, Name] = Field(default_factory=dict, max_length=256)
    made_from: Made = Field(default_factory=dict, max_length=64)
    base_url: Text = ""
    job_id: JobId = ""
    name: JobId = ""
    attempted_at: Moment = 0.0
    submitted_at: Moment = 0.0
    deadline: Moment = 0.0
    eta: Moment | None = None
    route: dict[Name, Text] = Field(default_factory=dict, max_length=8)
    nonce: Nonce = ""
    cost: Annotated[dict[str, Any] | None, AfterValidator(_cost)] = None
    spooled_at: Text = ""
    result: Annotated[dict[str, Any] | None, BeforeValidator(check_result)] = None
    max_tries: int = Field(default=0, ge=-1, lt=1_000_000)
    clear_number: Count = 0
    replaceable: bool = False
    resubmissions: Count = 0
    doubts: Count = 0
    problem: Text = ""
    obeyed: JobId = ""
    erased: Moment = 0.0
    left: tuple[Left, ...] = Field(default=(), max_length=MAX_LEFT)

    @classmethod
    def from_store(cls, value: object) -> Entry | None:
        """
        Read what this or another version wrote, or a person who adopts a job by its bare id.

        :param value: a JSON value; None where there is no entry.
        :raises ValueError: if it is none of these; names the fields that are wrong, never their values.
        """
        if value is None:
            return None
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            value = {"job_id": str(value).strip()}
        if not isinstance(value, Mapping):
            raise ValueError(f"it is {type(value).__name__}, not a job id and not an object")
        given = {name: item for name, item in value.items() if item is not None}
        if isinstance(given.get("job_id"), int) and not isinstance(given["job_id"], bool):
            given["job_id"] = str(given["job_id"])  # as a person writes a number
        try:
            entry = cls.model_validate({"state": State.RUNNING, **given})
        except ValidationError as error:
            wrong = sorted({str(item["loc"][0]) if item["loc"] else "entry" for item in error.errors()})
            raise ValueError(f"wrong value of {', '.join(wrong)}") from None
        if entry.state is State.RUNNING and not (entry.job_id or entry.result or entry.spooled_at):
            raise ValueError("a running job needs a job_id")
        return entry

    @classmethod
    def of_ticket(cls, ticket: Ticket, **known: Any) -> Entry:
        """Return the entry of a running job of which nothing but the ticket is left."""
        return cls(
            state=State.RUNNING if ticket.job_id else State.IN_DOUBT,
            job_id=ticket.job_id,
            nonce=ticket.nonce,
            base_url=ticket.base_url,
            attempted_at=ticket.submitted_at,
            submitted_at=ticket.submitted_at,
            # Without an id it is the end of the wait for a callback, and a submission gets one of its own.
            deadline=ticket.deadline if ticket.job_id else 0.0,
            eta=ticket.eta,
            route=ticket.route,
            resubmissions=ticket.resubmissions,
            doubts=ticket.doubts,
            **known,
        )

    @property
    def adopted(self) -> bool:
        """Whether a person wrote the job's id here."""
        return not self.inputs

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as JSON-able data."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"state": self.state.value}

    def moved_to(self, state: State, **changes: Any) -> Entry:
        """Return the entry in another state."""
        if "problem" in changes:
            changes["problem"] = changes["problem"][:_MAX_TEXT]
        return self.model_copy(update={"state": state, **changes})

    def left_behind(self) -> Entry:
        """Return the entry of the next purchase before it is made; it names this one's job."""
        if self.state is State.REFUSED:
            return Entry(state=State.REFUSED, left=self.left, obeyed=self.obeyed)
        job = Left(**{name: getattr(self, name) for name in Left.model_fields})
        return Entry(state=State.REFUSED, left=(*self.left, job)[-MAX_LEFT:], obeyed=self.obeyed)

    def erased_at(self, moment: float, jobs: Collection[str] | None = None) -> Entry:
        """
        Return what stays of it when its result is deleted: enough not to buy it again in silence.

        :param moment: in seconds since the epoch.
        :param jobs: ids of those that are erased, of this one and of those that it left; None for all.
        """
        left = tuple(
            job.erased_at(job.erased or moment) if jobs is None or (job.job_id or job.name) in jobs else job
            for job in self.left
        )
        if self.erased or (jobs is not None and (self.job_id or self.name) not in jobs):
            return self.model_copy(update={"left": left})
        kept = {name: getattr(self, name) for name in _KEPT_OF_ERASED}
        return Entry(state=State.FINISHED, erased=moment, left=left, **kept)

    def changed(self, inputs: Mapping[str, str]) -> list[str]:
        """Return the names of the inputs that differ; an adopted job has none to compare."""
        if self.adopted:
            return []
        names = self.inputs.keys() | inputs.keys()
        return sorted(name for name in names if self.inputs.get(name) != inputs.get(name))

    def newer(self, versions: Mapping[str, str]) -> list[str]:
        """Return the names of the files that have another version now, where both versions are known."""
        return sorted(name for name, known in self.versions.items() if versions.get(name, known) != known)

    def ticket(self) -> Ticket:
        """Return what waiting for the job needs; its age counts from the submission that runs."""
        return Ticket(
            job_id=self.job_id,
            submitted_at=self.attempted_at or self.submitted_at,
            deadline=self.deadline,
            eta=self.eta,
            route=self.route,
            nonce=self.nonce,
            base_url=self.base_url,
            resubmissions=self.resubmissions,
            doubts=self.doubts,
        )
