"""The plugin: what this provider adds to the API server, and to the start of other components."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_faceswap.plugins import preload


class FaceSwapPlugin(AirflowPlugin):
    """Adds this provider's FastAPI apps to the API server, and has others import it before they fork."""

    name = "faceswap"
    listeners = [preload]  # noqa: RUF012 - Airflow declares it so

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow reads it as one
        """The apps; a property, so that only the API server imports FastAPI."""
        from airflow_provider_faceswap.callbacks.app import make_app

        return [{"app": make_app(), "url_prefix": "/faceswap", "name": "Face swap callbacks"}]
