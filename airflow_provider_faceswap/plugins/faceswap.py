"""The plugin that puts the receiver of callbacks into the API server."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class FaceSwapPlugin(AirflowPlugin):
    """Mounts the receiver at ``/faceswap``."""

    name = "faceswap"

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow reads it as one
        """The receiver; a property, so that only the API server imports FastAPI."""
        from airflow_provider_faceswap.callbacks.app import make_app

        return [{"app": make_app(), "url_prefix": "/faceswap", "name": "Face swap callbacks"}]
