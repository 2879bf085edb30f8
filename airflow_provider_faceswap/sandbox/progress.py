"""How a job goes on: a policy that the test or the person at the control routes chooses."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from airflow_provider_faceswap.sandbox.policies import Policy, PolicyBook
from airflow_provider_faceswap.sandbox.settings import Settings

Outcome = Literal["success", "failed", "congested", "never"]


class Progress(Policy):
    """When a job is due and how it ends. Both ``after_`` conditions must hold; none means at once.

    :param after_seconds: seconds from acceptance until the job is due.
    :param after_reads: how many reads still find the job running.
    :param eta: the estimate that is reported; left out, it follows ``after_seconds``; ``None``: none is.
    :param outcome: how the job ends.
    :param message: the vendor's words when it fails.
    """

    after_seconds: float = Field(default=0.0, ge=0)
    after_reads: int = Field(default=0, ge=0)
    eta: int | float | None = None
    outcome: Outcome = "success"
    message: str | None = None

    @property
    def at_once(self) -> bool:
        """Whether the answer to the submission already carries the end."""
        return self.outcome != "never" and not self.after_seconds and not self.after_reads

    @property
    def reported_eta(self) -> int | float | None:
        """The estimate for the client, ``None`` when the vendor leaves it out."""
        return self.eta if "eta" in self.model_fields_set else math.ceil(self.after_seconds)


class ProgressBook(PolicyBook[Progress]):
    """The policies in force, and the defaults.

    :param settings: where the defaults come from.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def take(self, operation: str, *, is_video: bool, inputs: str = "") -> Progress:
        """The policy for a submission that is accepted now."""
        seconds = self._settings.video_seconds if is_video else self._settings.image_seconds
        return self.draw(operation, inputs) or Progress(after_seconds=seconds)
