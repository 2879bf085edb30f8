"""Wait for the callback of an aifaceswap.io job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.sensors.base import JobSensor


class AIFaceSwapCallbackSensor(JobSensor):
    """
    Wait for the callback of a job that another task of this Airflow submitted.

    :param conn_id: a connection of type ``aifaceswap``.
    :param callback: the nonce of the submitter's callback, if known; otherwise the claim that the submitter
        left in the inbox leads to it.
    """

    provider = "aifaceswap"
    template_fields: Sequence[str] = (*JobSensor.template_fields, "callback")

    def __init__(
        self, *, conn_id: str = "aifaceswap_default", callback: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.callback = callback

    @property
    def nonce(self) -> str:
        """The nonce, if the user says."""
        return "" if is_blank(self.callback) else str(self.callback)
