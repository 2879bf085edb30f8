"""What a sensor takes from the submitter, and the host that its job belongs to."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import InputError, JobFailedError, JournalError
from airflow_provider_faceswap.sensors.aifaceswap import AIFaceSwapCallbackSensor
from airflow_provider_faceswap.sensors.base import JobSensor
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from airflow_provider_faceswap.sensors.segmind import SegmindRequestSensor
from tests.fakes import FakeCompletion, FakeDownloads, context, job

SENSORS = [ModelsLabFetchSensor, SegmindRequestSensor, AIFaceSwapCallbackSensor]
PROCESSING = JobState.PROCESSING
THERE = "https://there.example.com"
SUBMITTED = {
    "provider": "modelslab", "operation": "single_video_swap", "job_id": "278", "status": "processing",
    "output": [], "submitted_at": "2026-11-20T12:00:00.000+00:00", "eta": 12.5, "files": [],
}  # fmt: skip


def sensor(**kwargs: Any) -> ModelsLabFetchSensor:
    return ModelsLabFetchSensor(**{"task_id": "wait", "job_id": "278", "deferrable": True, **kwargs})


def deferred(one: ModelsLabFetchSensor) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        one.execute(context())
    return caught.value


def test_a_whole_result_stands_for_the_id(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)]
    entry = deferred(sensor(job_id=SUBMITTED)).trigger.jobs[0]
    assert (entry["job_id"], entry["eta"], entry["submitted_at"]) == ("278", 12.5, 1_795_176_000)
    result = sensor(job_id=SUBMITTED).execute(context())
    assert (result["submitted_at"], result["eta"]) == (SUBMITTED["submitted_at"], 12.5)


def test_what_the_user_says_counts_more_than_the_result(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)]
    entry = deferred(sensor(job_id=SUBMITTED, eta=40, submitted_at="2026-11-20T13:00:00Z")).trigger.jobs[0]
    assert (entry["eta"], entry["submitted_at"]) == (40.0, 1_795_179_600)


@pytest.mark.parametrize(
    "given",
    [{}, {"job_id": None}, {"job_id": "../278"}, {"job_id": ["278"]}, {"job_id": "278", "submitted_at": 5}],
)
def test_a_result_that_names_no_job_is_refused(vendor: FakeCompletion, given: Any) -> None:
    with pytest.raises(AirflowFailException) as caught:
        sensor(job_id=given).execute(context())
    assert isinstance(caught.value, InputError) and not vendor.polled


@pytest.mark.parametrize("path", [Path, lambda folder: ObjectStoragePath(f"file://{folder}")])
def test_paths(vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path, path: Any) -> None:
    result = sensor(output_path=path(tmp_path)).execute(context())
    assert result["stored"] == [f"file://{tmp_path}/modelslab-278.mp4"]


def test_times(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)]
    trigger = deferred(sensor(timeout=timedelta(minutes=2), poke_interval=timedelta(seconds=7))).trigger
    assert trigger.poll_interval == 7 and trigger.deadline == pytest.approx(1_800_000_120)


@pytest.mark.parametrize("cls", SENSORS)
def test_the_signature_shows_everything_and_the_pages_explain_it(cls: type[JobSensor]) -> None:
    shown = inspect.signature(cls).parameters.keys() - {"kwargs"}
    assert shown >= set(inspect.signature(JobSensor.__init__).parameters) - {"self", "kwargs"}
    pages = "\n".join(base.__doc__ or "" for base in cls.__mro__ if base.__module__.startswith("airflow_pr"))
    assert shown <= set(re.findall(r":param (\w+):", pages))


def test_a_connection_that_moves_while_the_sensor_is_deferred(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)]
    deferral = deferred(sensor())
    vendor.polled.clear()
    vendor.moves_to(THERE)
    for method, more in (("execute_complete", {"event": None}), ("__fail__", {"error": "Trigger timeout"})):
        kwargs = {**(deferral.kwargs or {}), **more}
        with pytest.raises(AirflowFailException, match=r"moved to https://there\.example\.com") as caught:
            sensor().resume_execution(method, kwargs, context())
        assert isinstance(caught.value, JournalError)
    assert not vendor.polled


def test_the_trigger_knows_where_the_job_is(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)]
    assert deferred(sensor()).trigger.jobs[0]["base_url"] == vendor.hook.settings.base_url


@pytest.mark.parametrize("event", [{"states": {"278": "success"}}, None, "x"])
def test_a_resume_without_the_deferrals_arguments(vendor: FakeCompletion, event: Any) -> None:
    """``dag.test()`` and ``airflow dags test`` drop them."""
    assert sensor().execute_complete(context(), event)["status"] == "success"


@pytest.mark.parametrize("soft_fail", [True, False])
def test_an_error_is_of_both_families(vendor: FakeCompletion, soft_fail: bool) -> None:
    vendor.polls = [job(JobState.FAILED, message="No face found")]
    with pytest.raises(AirflowException) as caught:
        sensor(soft_fail=soft_fail).execute(context())
    error: Any = caught.value
    assert "No face found" in str(error)
    if soft_fail:
        assert isinstance(error, AirflowSkipException)
    else:
        assert isinstance(error, JobFailedError) and isinstance(error, AirflowFailException)
        assert (error.provider, error.job_id, error.paid) == ("modelslab", "278", True)


@pytest.mark.parametrize("cls", SENSORS)
def test_airflow_shows_no_link_of_a_submitters_result(cls: type[JobSensor]) -> None:
    """Airflow shows rendered fields to people who may not read XComs."""
    link = "https://b.s3.example/a.mp4?X-Amz-Signature=5ecre7"
    given = {**SUBMITTED, "provider": cls.provider, "output": [link], "inputs": {"face": "s3://c@b/f.jpg"}}
    one: Any = cls(task_id="wait", job_id="{{ ti.xcom_pull('submit') }}", conn_id="vendor")
    for rendered in (given, str(given)):
        one.job_id = rendered
        assert "5ecre7" not in str(one.job_id) and "278" in str(one.job_id)
    one.job_id = given
    assert one.job_id["inputs"] == given["inputs"] and one.job_id["eta"] == 12.5


def test_what_airflow_has_resolved_stays_the_same_until_it_is_rendered() -> None:
    """Airflow knows by the object that it must not render it: a file may be named like a template."""
    given = {
        **SUBMITTED,
        "inputs": {"init_image": "s3://c@b/{{ 1 + 1 }}.jpg"},
        "output": ["https://a.example"],
    }
    one: Any = sensor(job_id=given)
    assert one.job_id is given
    one.job_id = one.job_id
    assert one.job_id["inputs"] == given["inputs"] and "output" not in one.job_id
