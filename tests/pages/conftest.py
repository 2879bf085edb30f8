"""The pages' app inside an app with Airflow's own logins and middlewares, on an SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from airflow_provider_faceswap.pages.app import make_app
from tests.pages.scene import Scene, clean

ROLES = {"admin": "ADMIN", "viewer": "VIEWER", "nobody": ""}


@pytest.fixture
def scene(airflow_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    root = tmp_path / "media"
    root.mkdir()
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(root))
    yield Scene(root)
    clean()


@pytest.fixture(scope="session")
def server(airflow_database: None) -> Iterator[FastAPI]:
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.core_api.app import init_middlewares

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "s" * 64)
        app = FastAPI()
        app.mount("/faceswap/pages", make_app())
        init_auth_manager(app)
        init_middlewares(app)
        yield app


@pytest.fixture(scope="session")
def tokens(server: FastAPI) -> dict[str, str]:
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    manager = server.state.auth_manager
    users = {
        name: SimpleAuthManagerUser(username=name, role=role, teams=None) for name, role in ROLES.items()
    }
    return {name: manager.generate_jwt(user) for name, user in users.items()}


@pytest.fixture(scope="session")
def browser(server: FastAPI) -> Iterator[TestClient]:
    with TestClient(server, "http://airflow.example.com/faceswap/pages", follow_redirects=False) as client:
        yield client


@pytest.fixture
def http(browser: TestClient, tokens: dict[str, str]) -> Iterator[TestClient]:
    """A viewer's browser."""
    browser.cookies.set("_token", tokens["viewer"])
    yield browser
    browser.cookies.clear()
