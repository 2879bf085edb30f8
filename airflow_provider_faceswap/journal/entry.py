"""One bought job, as the task state store keeps it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from airflow_provider_faceswap.apis.ticket import Ticket


class State(str, enum.Enum):
    """How far a purchase got."""

    INTENT = "intent"
    """About to submit; without an id beside it nobody knows whether the vendor took it."""
    IN_DOUBT = "in_doubt"
    """Submitted, and the answer does not tell whether it was taken."""
    REFUSED = "refused"
    """Certainly not taken."""
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    """Failed for good, or unknown to the vendor."""


@dataclass(frozen=True)
class Entry:
    """
    What is kept of a purchase. Never a key, never a URL with a signature.

    :param state: how far it got.
    :param fingerprint: of the inputs, see :mod:`airflow_provider_faceswap.journal.fingerprint`.
    :param base_url: where it was bought.
    :param operation: what was bought.
    :param job_id: the vendor's id, once known.
    :param attempted_at: the latest submission, in seconds since the epoch.
    :param submitted_at: the first submission.
    :param deadline: until when the job is waited for.
    :param eta: seconds from submission to its end, as the vendor expected.
    :param route: where to ask for the job.
    :param nonce: of the callback that the submission asked for, if it did.
    :param cost: what the vendor said it took.
    :param kept: where the result of a vendor that answers at once was written down, as ``host:path``.
    :param result: what the task returns, of a vendor that answers at once.
    :param max_tries: the task's, when this was written: a person's clear raises it.
    :param resubmissions: how often the job was submitted again because the vendor had dropped it.
    :param doubts: how often it was submitted again although it may have been taken before.
    :param problem: what went wrong last.
    """

    state: State
    fingerprint: str = ""
    base_url: str = ""
    operation: str = ""
    job_id: str = ""
    attempted_at: float = 0.0
    submitted_at: float = 0.0
    deadline: float = 0.0
    eta: float | None = None
    route: dict[str, str] = field(default_factory=dict)
    nonce: str = ""
    cost: dict[str, Any] | None = None
    kept: str = ""
    result: dict[str, Any] | None = None
    max_tries: int = 0
    resubmissions: int = 0
    doubts: int = 0
    problem: str = ""

    @classmethod
    def from_store(cls, value: object) -> Entry | None:
        """
        Read what this or another version wrote, or a person who adopts a job by its bare id.

        :param value: a JSON value; None where there is no entry.
        :raises ValueError: if it is none of these.
        """
        if value is None:
            return None
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return cls(State.RUNNING, job_id=str(value))
        if not isinstance(value, Mapping):
            raise ValueError(f"a journal entry cannot be {type(value).__name__}")
        known = {item.name: value[item.name] for item in fields(cls) if value.get(item.name) is not None}
        state = State(known.pop("state", State.RUNNING))
        entry = cls(state, **{**known, "job_id": str(known.get("job_id", ""))})
        if state in (State.RUNNING, State.FINISHED) and not (entry.job_id or entry.result):
            raise ValueError(f"a journal entry that is {state.value} needs a job_id")
        return entry

    @classmethod
    def of_ticket(cls, ticket: Ticket) -> Entry:
        """Return the entry of a running job of which nothing but the ticket is left."""
        return cls(
            State.RUNNING if ticket.job_id else State.IN_DOUBT,
            job_id=ticket.job_id,
            nonce=ticket.nonce,
            attempted_at=ticket.submitted_at,
            submitted_at=ticket.submitted_at,
            deadline=ticket.deadline,
            eta=ticket.eta,
            route=ticket.route,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as JSON-able data."""
        return {**asdict(self), "state": self.state.value}

    def moved_to(self, state: State, **changes: Any) -> Entry:
        """Return the entry in another state."""
        return replace(self, state=state, **changes)

    def ticket(self) -> Ticket:
        """Return what waiting for the job needs."""
        return Ticket(self.job_id, self.submitted_at, self.deadline, self.eta, self.route, self.nonce)
