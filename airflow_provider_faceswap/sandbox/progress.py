"""How a job goes on: a policy that the test or the person at the control routes chooses."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from airflow_provider_faceswap.sandbox.settings import Settings

Outcome = Literal["success", "failed", "congested", "never"]


class Progress(BaseModel):
    """When a job is due and how it ends. Both ``after_`` conditions must hold; none means at once.

    :param operation: the operation it is for; ``None`` for all.
    :param after_seconds: seconds from acceptance until the job is due.
    :param after_reads: how many reads still find the job running.
    :param eta: the estimate that is reported; left out, it follows ``after_seconds``; ``None``: none is.
    :param outcome: how the job ends.
    :param message: the vendor's words when it fails.
    :param times: for so many submissions only; ``None`` for all that follow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str | None = None
    after_seconds: float = Field(default=0.0, ge=0)
    after_reads: int = Field(default=0, ge=0)
    eta: int | float | None = None
    outcome: Outcome = "success"
    message: str | None = None
    times: int | None = Field(default=None, ge=1)

    @property
    def at_once(self) -> bool:
        """Whether the answer to the submission already carries the end."""
        return self.outcome != "never" and not self.after_seconds and not self.after_reads

    @property
    def reported_eta(self) -> int | float | None:
        """The estimate for the client, ``None`` when the vendor leaves it out."""
        return self.eta if "eta" in self.model_fields_set else math.ceil(self.after_seconds)


class ProgressBook:
    """The policies in force: the newest one that matches decides."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._policies: list[tuple[Progress, int | None]] = []

    def add(self, progress: Progress) -> None:
        """Put a policy in force, ahead of all others."""
        if progress.operation is None and progress.times is None:
            self._policies.clear()
        self._policies.insert(0, (progress, progress.times))

    def clear(self) -> None:
        """Go back to the defaults."""
        self._policies.clear()

    def listing(self) -> list[dict[str, object]]:
        """The policies in force, the first that matches decides."""
        return [policy.model_dump(exclude_unset=True) | {"left": left} for policy, left in self._policies]

    def take(self, operation: str, *, is_video: bool) -> Progress:
        """The policy for a submission that is accepted now."""
        for index, (policy, left) in enumerate(self._policies):
            if policy.operation not in (None, operation):
                continue
            if left == 1:
                del self._policies[index]
            elif left is not None:
                self._policies[index] = (policy, left - 1)
            return policy
        seconds = self._settings.video_seconds if is_video else self._settings.image_seconds
        return Progress(after_seconds=seconds)
