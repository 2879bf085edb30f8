"""Acme's hook."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.hooks.base import SwapHook


class AcmeHook(SwapHook):
    default_conn_name = "acme_default"
    conn_type = "acme"
    hook_name = "Acme"
    default_url = "https://acme.example"

    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        return body, {"x-acme-key": key}

    def probe(self) -> None:
        """Acme has no free request."""


HOOK = AcmeHook
