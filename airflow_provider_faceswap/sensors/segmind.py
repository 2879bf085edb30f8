"""Wait for a queued Segmind request (v2)."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.sensors.base import JobSensor


class SegmindRequestSensor(JobSensor):
    """
    Wait for a Segmind request by its id, whoever submitted it.

    Segmind keeps a request's record for about an hour from its submission.

    :param conn_id: a connection of type ``segmind``.
    """

    provider = "segmind"

    def __init__(self, *, conn_id: str = "segmind_default", **kwargs: Any) -> None:
        super().__init__(conn_id=conn_id, **kwargs)
