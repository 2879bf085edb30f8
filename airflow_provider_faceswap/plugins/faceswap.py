"""The plugin: what this provider adds to the API server and its UI, and to the start of other components."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_faceswap.plugins.preload import preload_if_it_forks

# Relative: the API server may lie under a path of its own.
_PAGES = "faceswap/pages/static"
_TAB = f"{_PAGES}/tab.html?dag_id={{DAG_ID}}&run_id={{RUN_ID}}"


def _view(
    destination: str, url_route: str, href: str, name: str = "Face swap", **more: str
) -> dict[str, Any]:
    return {"name": name, "href": href, "destination": destination, "url_route": url_route, **more}


class FaceSwapPlugin(AirflowPlugin):
    """Adds pages and FastAPI apps to the API server, and has others import the provider before they fork."""

    name = "faceswap"

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Have the tasks that this process will fork share what they need."""
        preload_if_it_forks()

    # Airflow drops a view whose url_route another one has.
    external_views = [  # noqa: RUF012 - Airflow declares it so
        _view("task_instance", "faceswap", f"{_TAB}&task_id={{TASK_ID}}&map_index={{MAP_INDEX}}"),
        _view("dag_run", "faceswap_run", _TAB),
        _view("nav", "faceswaps", f"{_PAGES}/jobs.html", "Face swaps", category="browse"),
    ]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow reads it as one
        """The apps; a property, so that only the API server imports FastAPI."""
        from airflow_provider_faceswap.callbacks.app import make_app
        from airflow_provider_faceswap.pages.app import make_app as make_pages

        return [
            # The longer prefix first, as the first that fits is taken.
            {"app": make_pages(), "url_prefix": "/faceswap/pages", "name": "Face swap pages"},
            {"app": make_app(), "url_prefix": "/faceswap", "name": "Face swap callbacks"},
        ]
