"""Acme's operator and sensor: in the package they are two files."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.operators.base import SwapOperator
from airflow_provider_faceswap.sensors.base import JobSensor


class AcmeSwapOperator(SwapOperator):
    provider = "acme"
    operation = "swap"
    inputs = ("face", "clip")
    template_fields = (*SwapOperator.template_fields, *inputs)

    def __init__(self, *, face: str, clip: str, conn_id: str = "acme_default", **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.face = face
        self.clip = clip


class AcmeStatusSensor(JobSensor):
    provider = "acme"

    def __init__(self, *, status_path: str, conn_id: str = "acme_default", **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.status_path = status_path

    @property
    def route(self) -> dict[str, str]:
        return {"path": self.status_path}
