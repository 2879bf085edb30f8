"""How a job is called back: late, early, often, never, or with changed contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from airflow_provider_faceswap.sandbox.jobs.policies import Policy


class CallbackPolicy(Policy):
    """
    How a job is called back.

    :param delay_seconds: from the end of the job to the first delivery.
    :param deliveries: how often the same callback is delivered; 0 drops it.
    :param interval_seconds: between two deliveries.
    :param early: deliver before the submission's own answer is sent.
    :param omit: the fields that are left out.
    :param fields: fields that are added or changed.
    :param text_numbers: send numbers as text.
    :param encoding: the encoding of the body.
    :param contradict: after all deliveries, send another one that says the opposite.
    :param retries: how often a delivery that was not answered with 2xx is tried again.
    :param retry_seconds: between two tries.
    """

    delay_seconds: float = Field(default=0.0, ge=0)
    deliveries: int = Field(default=1, ge=0)
    interval_seconds: float = Field(default=0.0, ge=0)
    early: bool = False
    omit: tuple[str, ...] = ()
    fields: dict[str, Any] = Field(default_factory=dict)
    text_numbers: bool = False
    encoding: Literal["json", "form"] = "json"
    contradict: bool = False
    retries: int = Field(default=0, ge=0)
    retry_seconds: float = Field(default=0.5, ge=0)

    def apply(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a callback's body as this policy wants it."""
        changed = {name: value for name, value in body.items() if name not in self.omit} | self.fields
        if not self.text_numbers:
            return changed
        return {k: str(v) if isinstance(v, int | float) else v for k, v in changed.items()}
