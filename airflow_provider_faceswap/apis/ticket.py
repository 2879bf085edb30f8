"""What is known of a job from its submission on; it travels through deferrals, so it is plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from airflow_provider_faceswap.apis.watch import Watch


@dataclass(frozen=True)
class Ticket:
    """
    A submitted job.

    :param job_id: the vendor's id.
    :param submitted_at: seconds since the epoch.
    :param deadline: seconds since the epoch.
    :param eta: seconds from submission to its end, as the vendor expected.
    :param route: where to ask for it.
    :param nonce: of the callback that brings its end, if one does.
    """

    job_id: str
    submitted_at: float
    deadline: float
    eta: float | None = None
    route: dict[str, str] = field(default_factory=dict)
    nonce: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ticket:
        """Read a ticket that this or another version wrote."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})

    def as_dict(self) -> dict[str, Any]:
        """Return the ticket as JSON-able data; nothing in it is a secret or a result URL."""
        return asdict(self)

    def watch(self, poll_interval: float | None, deadline: float | None = None) -> Watch:
        """
        Return the job's watch.

        :param poll_interval: seconds between two polls; None to follow the eta.
        :param deadline: an earlier end than the ticket's own.
        """
        return Watch(
            submitted_at=self.submitted_at,
            deadline=min(self.deadline, deadline or self.deadline),
            eta=self.eta,
            poll_interval=poll_interval,
        )
