"""The ModelsLab hook: the API key travels in the JSON body of every call, polls included."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.hooks.base import SwapHook
from airflow_provider_faceswap.hooks.settings import Settings


class ModelsLabSettings(Settings):
    """
    What a ModelsLab connection says.

    :param namespace: ``faceswap`` or, for accounts on the older pages, ``deepfake``.
    """

    namespace: Literal["faceswap", "deepfake"] = Field("faceswap", description="faceswap or deepfake")

    @property
    def route(self) -> dict[str, str]:
        """The namespace is part of every path."""
        return {"namespace": self.namespace}


class ModelsLabHook(SwapHook):
    """
    Request ModelsLab's face-swap API (*Deepfake API*, *Face Swap API*).

    :param conn_id: a connection of type ``modelslab``.
    """

    default_conn_name = "modelslab_default"
    conn_type = "modelslab"
    hook_name = VENDORS[conn_type]
    default_url = "https://modelslab.com"
    settings_class = ModelsLabSettings

    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Put the key into the body."""
        return {"key": key, **body}, {}

    def probe(self) -> Fetch:
        """Return a poll of an id that no job has."""
        return Fetch(job_id="0")
