# acme_faceswap/hook.py
"""Acme's hook: where the API key goes."""

from __future__ import annotations

from typing import Any

from acme_faceswap.api import Status
from airflow_provider_faceswap.vendors import SwapHook


class AcmeHook(SwapHook):
    """
    Request Acme's API.

    :param conn_id: a connection of type ``acme``.
    """

    default_conn_name = "acme_default"
    conn_type = "acme"
    hook_name = "Acme"
    default_url = "https://api.acme.example"

    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Put the key into a header."""
        return body, {"Authorization": f"Bearer {key}"}

    def probe(self) -> Status:
        """Return a free request that needs the key, for the test of a connection."""
        return Status(job_id="0")
