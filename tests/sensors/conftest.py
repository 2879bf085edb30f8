"""What all sensors' tests share."""

from __future__ import annotations

import pytest

from airflow_provider_faceswap.sensors.base import JobSensor
from tests.fakes import FakeClock, FakeCompletion, FakeDownloads


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    import airflow.sdk.bases.sensor as airflow_sensor

    fake = FakeClock()
    monkeypatch.setattr(airflow_sensor, "time", fake)
    monkeypatch.setattr(JobSensor, "clock", fake)
    return fake


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> FakeCompletion:
    fake = FakeCompletion("modelslab")
    monkeypatch.setattr(JobSensor, "hook", fake.hook)
    monkeypatch.setattr(JobSensor, "completion", fake)
    return fake


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> FakeDownloads:
    return FakeDownloads(monkeypatch)
