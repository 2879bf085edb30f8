"""What the sandbox has seen: the numbers that tests and bills are checked against."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counts:
    """Tallies of one sandbox; :meth:`reset` starts them anew.

    :param accepted: accepted (so billed) submissions by operation.
    :param refused: submissions that were not accepted, by reason.
    :param duplicates: accepted submissions whose inputs had been accepted before.
    :param fetches: requests for the state of a job, broken ones included.
    :param media_reads: requests for a result file.
    :param connections: TCP connections.
    :param requests: HTTP requests, the control routes excluded.
    :param renderings: pictures and clips that were really computed.
    :param faults: faults that struck, by kind.
    :param webhooks: webhook deliveries by outcome.
    :param callbacks: callbacks by what became of each delivery.
    :param redirects_followed: requests that followed the ``redirect`` fault.
    :param peak_queued: the most jobs that were unfinished at one time.
    """

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    fetches: int = 0
    media_reads: int = 0
    connections: int = 0
    requests: int = 0
    renderings: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    webhooks: Counter[str] = field(default_factory=Counter)
    callbacks: Counter[str] = field(default_factory=Counter)
    redirects_followed: int = 0
    peak_queued: int = 0

    def reset(self) -> None:
        """Start every tally anew."""
        vars(self).update(vars(Counts()))

    def to_json(self) -> dict[str, Any]:
        """The tallies as JSON, counters as objects."""
        return {k: dict(v) if isinstance(v, Counter) else v for k, v in vars(self).items()}
