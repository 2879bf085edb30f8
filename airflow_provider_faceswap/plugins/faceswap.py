"""The plugin: what this provider adds to the API server."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class FaceSwapPlugin(AirflowPlugin):
    """Adds this provider's FastAPI apps to the API server, each under a prefix of its own."""

    name = "faceswap"

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow reads it as one
        """The apps; a property, so that only the API server imports FastAPI."""
        from airflow_provider_faceswap.callbacks.app import make_app

        return [{"app": make_app(), "url_prefix": "/faceswap", "name": "Face swap callbacks"}]
