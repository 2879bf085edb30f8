"""The event of a sensor's outlet says what landed, however the sensor came to its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import TaskDeferralError, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from tests.fakes import FakeCompletion, FakeDownloads, context, job

SWAPS = Asset("s3://bucket/swaps")


@pytest.fixture
def sensor(vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path) -> Any:
    def make(**kwargs: Any) -> ModelsLabFetchSensor:
        return ModelsLabFetchSensor(
            task_id="wait", job_id="278", output_path=f"file://{tmp_path}", outlets=[SWAPS], **kwargs
        )

    return make


def says(found: Any, result: dict[str, Any]) -> bool:
    names = ("provider", "operation", "job_id", "files")
    return bool(result["files"]) and found["outlet_events"][SWAPS].extra == {
        name: result[name] for name in names
    }


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize("polls", [[job()], [job(JobState.PROCESSING), job()]])
def test_a_sensor_that_finds_the_job_finished_or_pokes_or_resumes(
    sensor: Any, vendor: FakeCompletion, deferrable: bool, polls: list[Any]
) -> None:
    vendor.polls = [*polls]
    found, one = context(), sensor(deferrable=deferrable)
    try:
        result = one.execute(found)
    except TaskDeferred as deferral:
        assert found["outlet_events"][SWAPS].extra == {}
        event = {"counts": {"success": 1}, "states": {"278": "success"}, "problems": {}}
        result = one.resume_execution(deferral.method_name, {"event": event, **deferral.kwargs}, found)
    assert says(found, result)


def test_a_sensor_whose_deferral_was_cut_off(sensor: Any, vendor: FakeCompletion) -> None:
    vendor.polls = [job()]
    found = context()
    assert says(
        found,
        sensor(deferrable=True).resume_execution("__fail__", {"error": TaskDeferralError.__name__}, found),
    )
