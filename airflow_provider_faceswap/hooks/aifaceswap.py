"""The aifaceswap.io hook: the API key travels as a bearer token."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.apis import VENDORS
from airflow_provider_faceswap.hooks.base import SwapHook


class AIFaceSwapHook(SwapHook):
    """
    Request aifaceswap.io's API.

    :param conn_id: a connection of type ``aifaceswap``.
    """

    default_conn_name = "aifaceswap_default"
    conn_type = "aifaceswap"
    hook_name = VENDORS[conn_type]
    default_url = "https://aifaceswap.io"

    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Put the key into the Authorization header."""
        return body, {"Authorization": f"Bearer {key}"}

    def probe(self) -> None:
        """Return nothing: every documented call is billed."""
