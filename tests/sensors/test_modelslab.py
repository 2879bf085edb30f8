"""A sensor waits for a job that somebody else submitted; it buys nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    JobUnknownError,
    PollError,
    ResultError,
)
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from tests.fakes import RESULT, FakeClock, FakeCompletion, FakeDownloads, context, job

PROCESSING, UNKNOWN = JobState.PROCESSING, JobState.UNKNOWN


def sensor(**kwargs: Any) -> ModelsLabFetchSensor:
    return ModelsLabFetchSensor(**{"task_id": "wait", "job_id": "278", "deferrable": True, **kwargs})


def deferred(one: ModelsLabFetchSensor) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        one.execute(context())
    return caught.value


def event(state: str) -> dict[str, Any]:
    return {"event": {"counts": {state: 1}, "states": {"278": state}, "problems": {}}}


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_finished_job_is_returned_at_once(
    vendor: FakeCompletion, clock: FakeClock, deferrable: bool
) -> None:
    vendor.polls = [job()] * 3
    result = sensor(deferrable=deferrable, submitted_at="2026-11-20T12:00:00+00:00", eta="12.5").execute(
        context()
    )
    assert result["output"] == [RESULT] and result["status"] == "success"
    assert (result["submitted_at"], result["eta"]) == ("2026-11-20T12:00:00.000+00:00", 12.5)
    assert not clock.slept


def test_it_defers_and_collects(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING), job()]
    one = sensor(submitted_at="2026-11-20T12:00:00Z", eta=40.0)
    deferral = deferred(one)
    trigger = deferral.trigger
    assert trigger.jobs[0]["eta"] == 40.0 and trigger.poll_interval is None
    assert sensor().resume_execution(deferral.method_name, event("success"), context())["output"] == [RESULT]


def test_an_interval_of_the_user_is_kept(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)] * 3
    assert deferred(sensor(poke_interval=7)).trigger.poll_interval == 7


def test_it_pokes(vendor: FakeCompletion, clock: FakeClock) -> None:
    vendor.polls = [job(PROCESSING), PollError("HTTP 502"), job(PROCESSING), job()]
    assert sensor(deferrable=False, poke_interval=5).execute(context())["status"] == "success"
    assert clock.slept == [5, 5, 5]


@pytest.mark.parametrize("soft_fail", [True, False])
def test_the_deadline_of_a_poking_sensor(vendor: FakeCompletion, soft_fail: bool) -> None:
    vendor.polls = [job(PROCESSING)] * 1000
    expected = AirflowSkipException if soft_fail else AirflowSensorTimeout
    with pytest.raises(expected) as caught:
        sensor(deferrable=False, timeout=60, soft_fail=soft_fail).execute(context())
    assert soft_fail or "job 278" in str(caught.value)


@pytest.mark.parametrize("soft_fail", [True, False])
@pytest.mark.parametrize("how", ["trigger", "airflow"])
def test_the_deadline_of_a_deferred_sensor(vendor: FakeCompletion, soft_fail: bool, how: str) -> None:
    vendor.polls = [job(PROCESSING)] * 1000
    one = sensor(soft_fail=soft_fail)
    expected = AirflowSkipException if soft_fail else AirflowSensorTimeout
    with pytest.raises(expected, match="job 278"):
        if how == "trigger":
            one.resume_execution("execute_complete", event("deadline"), context())
        else:
            one.resume_execution("__fail__", {"error": "Trigger timeout"}, context())


def test_a_deferral_that_airflow_cut_off_takes_a_finished_result(vendor: FakeCompletion) -> None:
    vendor.polls = [job()] * 3
    result = sensor().resume_execution("__fail__", {"error": "Trigger failure"}, context())
    assert result["output"] == [RESULT]


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize(
    ("soft_fail", "expected"), [(False, AirflowFailException), (True, AirflowSkipException)]
)
def test_a_failed_job(
    vendor: FakeCompletion, deferrable: bool, soft_fail: bool, expected: type[Exception]
) -> None:
    vendor.polls = [job(JobState.FAILED, message="No face found")] * 3
    with pytest.raises(expected) as caught:
        sensor(deferrable=deferrable, soft_fail=soft_fail).execute(context())
    assert "No face found" in str(caught.value) or "soft_fail" in str(caught.value)


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_wrong_key_is_said_at_once(vendor: FakeCompletion, deferrable: bool) -> None:
    vendor.polls = [AuthenticationError("ModelsLab refused the API key: Invalid API key")]
    with pytest.raises(AirflowException, match="refused the API key"):
        sensor(deferrable=deferrable).execute(context())


def test_a_result_that_cannot_be_stored_may_be_retried(
    vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path
) -> None:
    downloads.problems = [ResultError("disk full")]
    with pytest.raises(AirflowException, match="disk full") as caught:
        sensor(output_path=f"file://{tmp_path}").execute(context())
    assert not isinstance(caught.value, AirflowFailException)
    error: Any = caught.value
    assert isinstance(error, ResultError) and (error.job_id, error.paid) == ("278", True)
    stored = sensor(output_path=f"file://{tmp_path}").execute(context())["stored"]
    assert stored == [f"file://{tmp_path}/modelslab-278.mp4"]


@pytest.mark.parametrize("deferrable", [True, False])
def test_an_unknown_id_is_said_after_a_minute_and_is_no_verdict(
    vendor: FakeCompletion, clock: FakeClock, deferrable: bool
) -> None:
    vendor.polls = [job(UNKNOWN, message="Request not found")] * 100
    with pytest.raises(AirflowException, match="does not know job 278: Request not found") as caught:
        if deferrable:
            deferred(sensor())
            sensor().resume_execution("execute_complete", event("unknown"), context())
        else:
            sensor(deferrable=False, poke_interval=10).execute(context())
    assert isinstance(caught.value, JobUnknownError) and not isinstance(caught.value, AirflowFailException)
    assert deferrable or 60 <= sum(clock.slept) < 100
    vendor.polls = [job()]
    assert sensor(deferrable=deferrable).execute(context())["status"] == "success", "a retry asks again"


def test_a_time_of_submission_that_nobody_told_is_not_made_up(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)] * 3
    told = "2026-11-20T12:00:00+00:00"
    entries = [deferred(sensor(submitted_at=at)).trigger.jobs[0] for at in (None, told)]
    assert not entries[0]["submitted_at"]
    assert entries[1]["submitted_at"] == 1_795_176_000


def test_the_last_line_before_a_deferral_says_who_goes_on(
    vendor: FakeCompletion, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.polls = [job(PROCESSING)] * 3
    with caplog.at_level("INFO"):
        deferred(sensor())
    assert "Waiting for job 278 in the triggerer, until " in caplog.text


def test_end_from_trigger_is_passed_on(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)] * 3
    _, kwargs = deferred(sensor(end_from_trigger=True)).trigger.serialize()
    assert kwargs["end_from_trigger"] is True
    assert json.dumps(kwargs)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"end_from_trigger": True, "output_path": "file:///tmp/x"}, "end_from_trigger"),
        ({"end_from_trigger": True, "outlets": ["asset"]}, "end_from_trigger"),
        ({"end_from_trigger": True, "deferrable": False}, "deferrable"),
        ({"job_id": "../278"}, "job_id"),
        ({"job_id": ""}, "job_id"),
        ({"job_id": None}, "job_id"),
        ({"job_id": "None"}, "job_id: is required; check that its template"),
        ({"namespace": "elsewhere"}, "namespace"),
        ({"output_path": "folder"}, "output_path"),
        ({"submitted_at": "yesterday"}, "submitted_at"),
    ],
)
def test_bad_input_is_named_before_anything_is_sent(
    vendor: FakeCompletion, fields: dict[str, Any], named: str
) -> None:
    outlets = fields.pop("outlets", None)
    one = sensor(**fields)
    if outlets:
        one.outlets = outlets
    with pytest.raises(AirflowFailException, match=named):
        one.execute(context())
    assert not vendor.polled


def test_numbers_and_absent_values_as_templates_render_them(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)] * 3
    one = sensor(job_id=278, eta="None", submitted_at="None", namespace="None")
    entry = deferred(one).trigger.jobs[0]
    assert (entry["job_id"], entry["eta"], entry["route"]) == ("278", None, {})


def test_the_namespace_of_the_submission_reaches_the_look(vendor: FakeCompletion) -> None:
    vendor.polls = [job(PROCESSING)] * 3
    entry = deferred(sensor(namespace="deepfake")).trigger.jobs[0]
    assert entry["route"] == {"namespace": "deepfake"}
    poll = Fetch(job_id=entry["job_id"], route=entry["route"])
    assert poll.path({"namespace": "faceswap"}) == "/api/v6/deepfake/fetch/278"


def test_a_trigger_that_crashed_is_no_deadline(vendor: FakeCompletion) -> None:
    vendor.polls = [job(JobState.PROCESSING)] * 3
    with pytest.raises(AirflowException, match="Trigger failure") as caught:
        sensor().resume_execution("__fail__", {"error": "Trigger failure"}, context())
    assert not isinstance(caught.value, (AirflowSensorTimeout, AirflowFailException))


def test_a_key_that_is_refused_after_it_was_right_is_a_failed_poll(vendor: FakeCompletion) -> None:
    vendor.polls = [job(JobState.PROCESSING), AuthenticationError("refused"), job()]
    assert sensor(deferrable=False).execute(context())["status"] == "success"
