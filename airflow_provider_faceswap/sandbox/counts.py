"""What the sandbox has seen: the numbers that tests and bills are checked against."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counts:
    """
    The counts of one sandbox.

    :param accepted: accepted (so billed) submissions by operation.
    :param refused: submissions that were not accepted, by reason.
    :param duplicates: accepted submissions whose inputs had been accepted before.
    :param fetches: requests for the state of a job, including those with a fault.
    :param media_reads: requests for a result file.
    :param connections: TCP connections.
    :param requests: HTTP requests without the control routes.
    :param renderings: pictures and clips that were really computed.
    :param faults: injected faults by kind.
    :param webhooks: ModelsLab's webhooks by outcome.
    :param callbacks: aifaceswap.io's callbacks by the outcome of each delivery.
    :param redirects_followed: requests that followed the ``redirect`` fault.
    :param peak_queued: the highest number of unfinished jobs at one time.
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
        """Start every count again."""
        vars(self).update(vars(Counts()))

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        return {k: dict(v) if isinstance(v, Counter) else v for k, v in vars(self).items()}
