"""How a job progresses: a policy that the test or the person at the control routes chooses."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from airflow_provider_faceswap.sandbox.jobs.policies import Policies, Policy
from airflow_provider_faceswap.sandbox.settings import Settings

Outcome = Literal["success", "failed", "congested", "never"]


class Progress(Policy):
    """
    When a job ends and how. Both ``after_`` conditions must hold; without any it ends at once.

    :param after_seconds: seconds from acceptance to the end.
    :param after_reads: how many reads still find the job running.
    :param eta: the estimate in the reply; unset: it follows ``after_seconds``; ``None``: no estimate.
    :param outcome: how the job ends.
    :param message: the vendor's message if it fails.
    """

    after_seconds: float = Field(default=0.0, ge=0)
    after_reads: int = Field(default=0, ge=0)
    eta: int | float | None = None
    outcome: Outcome = "success"
    message: str | None = None

    @property
    def at_once(self) -> bool:
        """Whether the answer to the submission already has the outcome."""
        return self.outcome != "never" and not self.after_seconds and not self.after_reads

    @property
    def reported_eta(self) -> int | float | None:
        """The estimate for the client, ``None`` if the vendor leaves it out."""
        return self.eta if "eta" in self.model_fields_set else math.ceil(self.after_seconds)


class ProgressPolicies(Policies[Progress]):
    """
    The policies in force, and the defaults.

    :param settings: where the defaults come from.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def choose(self, operation: str, *, is_video: bool, inputs: str = "") -> Progress:
        """Return the policy for a submission that is accepted now."""
        seconds = self._settings.video_seconds if is_video else self._settings.image_seconds
        return self.pick(operation, inputs) or Progress(after_seconds=seconds)
