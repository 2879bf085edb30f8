"""The Segmind hook: the API key travels in a header."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.request import Request
from airflow_provider_faceswap.apis.segmind import DEFAULT_PATH, Credits
from airflow_provider_faceswap.hooks.base import SwapHook
from airflow_provider_faceswap.hooks.settings import SECONDS, Settings


class SegmindSettings(Settings):
    """
    What a Segmind connection says.

    :param path: path of the v1 endpoint; the documents and other sources differ.
    :param sync_timeout: seconds that a call of v1 may take, which answers with the picture.
    """

    path: str = Field(
        DEFAULT_PATH,
        pattern=r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,8}$",
        description=f"a path such as {DEFAULT_PATH}",
    )
    sync_timeout: float = Field(150.0, gt=0, le=600, description=SECONDS)

    def timeout_for(self, request: type[Request]) -> float:
        """Return the time of v1 for a swap that answers at once, else the ordinary one."""
        return self.sync_timeout if request.answers_at_once else self.timeout

    @property
    def route(self) -> dict[str, str]:
        """The v1 endpoint's path."""
        return {"path": self.path}


class SegmindHook(SwapHook):
    """
    Request Segmind's *Faceswap V2*.

    :param conn_id: a connection of type ``segmind``.
    """

    default_conn_name = "segmind_default"
    conn_type = "segmind"
    hook_name = VENDORS[conn_type]
    default_url = "https://api.segmind.com"
    settings_class = SegmindSettings

    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Put the key into a header."""
        return body, {"x-api-key": key}

    def probe(self) -> Credits:
        """Return a request for the account's credits."""
        return Credits()

    def accepted(self, job: Job) -> str:
        """Return the text of a connection test that succeeded, with the credits."""
        said, left = super().accepted(job), job.meta.get("remaining_credits")
        if not isinstance(left, (int, float)):
            return said
        return f"{said}; {left:,.12g} credits left" if left > 0 else f"{said}; no credits left: add some"
