"""Settings of a connection, without Airflow."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from airflow_provider_faceswap.hooks.settings import Settings


def settings(base_url: str, **fields: Any) -> Settings:
    return Settings(**{"base_url": base_url, "api_key": SecretStr("k" * 8), "timeout": 5, **fields})
