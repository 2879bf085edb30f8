"""An inbox on disk and one in S3."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.callbacks.tokens import Token, mint
from tests.callbacks.caller import Caller, Clock, Puts

SECRET = "the-secret-that-signs-" + "s" * 16
OLD_SECRET = "the-secret-of-yesterday-" + "o" * 16


@pytest.fixture(params=["file", "s3"])
def inbox(request: pytest.FixtureRequest, tmp_path: Path) -> Inbox:
    """An empty inbox, on each of the two."""
    if request.param == "file":
        return Inbox(f"file://{tmp_path}/inbox")
    return Inbox(f"{request.getfixturevalue('s3').url}/{tmp_path.name}/inbox")


@pytest.fixture
def settings(tmp_path: Path) -> CallbackSettings:
    return CallbackSettings("https://airflow.example.com", (SECRET,), f"file://{tmp_path}/inbox")


@pytest.fixture
def configured(settings: CallbackSettings, monkeypatch: pytest.MonkeyPatch) -> CallbackSettings:
    """The settings, set as users set them."""
    monkeypatch.setenv("AIRFLOW__FACESWAP__CALLBACK_BASE_URL", settings.base_url)
    monkeypatch.setenv("AIRFLOW__FACESWAP__CALLBACK_SECRET", ",".join(settings.secrets))
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", settings.inbox)
    return settings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def caller(configured: CallbackSettings, clock: Clock) -> AsyncIterator[Caller]:
    one = Caller(configured, clock)
    async with one.http:
        yield one


@pytest.fixture
def token() -> Token:
    return mint("aifaceswap", [SECRET], time.time() + 60)


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Puts]:
    """Every put into an inbox goes through this."""
    found = Puts()
    monkeypatch.setattr(Inbox, "put", lambda inbox, *args: found(inbox, *args))
    yield found
    found.release()
