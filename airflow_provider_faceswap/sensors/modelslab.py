"""Wait for a ModelsLab job (*Fetch Queued Request*)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_faceswap.apis.fields import is_blank
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.sensors.base import JobSensor


class ModelsLabFetchSensor(JobSensor):
    """
    Wait for a ModelsLab job by its id, whoever submitted it.

    :param conn_id: a connection of type ``modelslab``.
    :param namespace: ``faceswap`` or ``deepfake``, where the job was submitted under another one than
        the connection's.
    """

    provider = "modelslab"
    template_fields: Sequence[str] = (*JobSensor.template_fields, "namespace")

    def __init__(
        self, *, conn_id: str = "modelslab_default", namespace: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
        self.namespace = namespace

    @property
    def route(self) -> dict[str, str]:
        """The namespace, if the user says."""
        from airflow_provider_faceswap.apis.modelslab import NAMESPACES

        if is_blank(self.namespace):
            return {}
        if self.namespace not in NAMESPACES:
            raise InputError("namespace", f"must be one of {', '.join(NAMESPACES)}")
        return {"namespace": str(self.namespace)}
