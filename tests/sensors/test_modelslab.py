from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import AuthenticationError, PollError, ResultError
from airflow_provider_faceswap.execution import collect
from airflow_provider_faceswap.sensors import base
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from tests import fakes
from tests.fakes import RESULT, job

PROCESSING = JobState.PROCESSING


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    double = fakes.hook_double()
    monkeypatch.setattr("airflow_provider_faceswap.hooks.hook_for", lambda provider, conn_id: double)
    return double


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    import airflow.sdk.bases.sensor as airflow_sensor

    return fakes.clock(monkeypatch, base, collect, airflow_sensor)


def sensor(**kwargs: Any) -> ModelsLabFetchSensor:
    return ModelsLabFetchSensor(**{"task_id": "wait", "job_id": "278", "deferrable": True, **kwargs})


def deferred(one: ModelsLabFetchSensor) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        one.execute(fakes.context())
    return caught.value


def event(state: str) -> dict[str, Any]:
    return {"event": {"counts": {state: 1}, "states": {"278": state}, "problems": {}}}


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_finished_job_is_returned_at_once(hook: mock.Mock, now: Any, deferrable: bool) -> None:
    hook.send.return_value = job()
    result = sensor(deferrable=deferrable, submitted_at="2026-11-20T12:00:00+00:00", eta="12.5").execute(
        fakes.context()
    )
    assert result["output"] == [RESULT] and result["status"] == "success"
    assert (result["submitted_at"], result["eta"]) == ("2026-11-20T12:00:00.000+00:00", 12.5)
    assert not now.slept


def test_it_defers_and_collects(hook: mock.Mock) -> None:
    hook.send.side_effect = [job(PROCESSING), job()]
    one = sensor(submitted_at="2026-11-20T12:00:00Z", eta=40.0)
    deferral = deferred(one)
    trigger = deferral.trigger
    assert trigger.jobs[0]["eta"] == 40.0 and trigger.poll_interval is None
    assert sensor().resume_execution(deferral.method_name, event("success"), fakes.context())["output"] == [
        RESULT
    ]


def test_an_interval_of_the_user_is_kept(hook: mock.Mock) -> None:
    hook.send.return_value = job(PROCESSING)
    assert deferred(sensor(poke_interval=7)).trigger.poll_interval == 7


def test_it_pokes(hook: mock.Mock, now: Any) -> None:
    hook.send.side_effect = [job(PROCESSING), PollError("HTTP 502"), job(PROCESSING), job()]
    assert sensor(deferrable=False, poke_interval=5).execute(fakes.context())["status"] == "success"
    assert now.slept == [5, 5, 5]


@pytest.mark.parametrize("soft_fail", [True, False])
def test_the_deadline_of_a_poking_sensor(hook: mock.Mock, soft_fail: bool) -> None:
    hook.send.side_effect = lambda look: job(PROCESSING)
    expected = AirflowSkipException if soft_fail else AirflowSensorTimeout
    with pytest.raises(expected) as caught:
        sensor(deferrable=False, timeout=60, soft_fail=soft_fail).execute(fakes.context())
    assert soft_fail or "job 278" in str(caught.value)


@pytest.mark.parametrize("soft_fail", [True, False])
@pytest.mark.parametrize("how", ["trigger", "airflow"])
def test_the_deadline_of_a_deferred_sensor(hook: mock.Mock, soft_fail: bool, how: str) -> None:
    hook.send.side_effect = lambda look: job(PROCESSING)
    one = sensor(soft_fail=soft_fail)
    expected = AirflowSkipException if soft_fail else AirflowSensorTimeout
    with pytest.raises(expected, match="job 278"):
        if how == "trigger":
            one.resume_execution("execute_complete", event("deadline"), fakes.context())
        else:
            one.resume_execution("__fail__", {"error": "Trigger timeout"}, fakes.context())


def test_a_deferral_that_airflow_cut_off_takes_a_finished_result(hook: mock.Mock) -> None:
    hook.send.return_value = job()
    result = sensor().resume_execution("__fail__", {"error": "Trigger failure"}, fakes.context())
    assert result["output"] == [RESULT]


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize(
    ("soft_fail", "expected"), [(False, AirflowFailException), (True, AirflowSkipException)]
)
def test_a_failed_job(hook: mock.Mock, deferrable: bool, soft_fail: bool, expected: type[Exception]) -> None:
    hook.send.return_value = job(JobState.FAILED, message="No face found")
    with pytest.raises(expected) as caught:
        sensor(deferrable=deferrable, soft_fail=soft_fail).execute(fakes.context())
    assert "No face found" in str(caught.value) or "soft_fail" in str(caught.value)


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_wrong_key_is_said_at_once(hook: mock.Mock, deferrable: bool) -> None:
    hook.send.side_effect = AuthenticationError("ModelsLab refused the API key: Invalid API key")
    with pytest.raises(AirflowException, match="refused the API key"):
        sensor(deferrable=deferrable).execute(fakes.context())


def test_a_result_that_cannot_be_stored_may_be_retried(hook: mock.Mock, tmp_path: Any) -> None:
    hook.send.return_value = job()
    with (
        mock.patch(
            "airflow_provider_faceswap.storage.keep.keep", autospec=True, side_effect=ResultError("disk full")
        ),
        pytest.raises(AirflowException, match="disk full") as caught,
    ):
        sensor(output_path=f"file://{tmp_path}").execute(fakes.context())
    assert not isinstance(caught.value, AirflowFailException)


def test_an_unknown_id_is_believed_after_a_minute(hook: mock.Mock, now: Any) -> None:
    hook.send.side_effect = lambda look: job(JobState.UNKNOWN, message="Request not found")
    with pytest.raises(AirflowFailException, match="does not know job 278: Request not found"):
        sensor(deferrable=False, poke_interval=10).execute(fakes.context())
    assert 60 <= sum(now.slept) < 100


def test_a_time_of_submission_that_nobody_told_is_not_made_up(hook: mock.Mock) -> None:
    hook.send.return_value = job(PROCESSING)
    told = "2026-11-20T12:00:00+00:00"
    entries = [deferred(sensor(submitted_at=at)).trigger.jobs[0] for at in (None, told)]
    assert not entries[0]["submitted_at"]
    assert entries[1]["submitted_at"] == 1_795_176_000


def test_the_last_line_before_a_deferral_says_who_goes_on(
    hook: mock.Mock, caplog: pytest.LogCaptureFixture
) -> None:
    hook.send.return_value = job(PROCESSING)
    with caplog.at_level("INFO"):
        deferred(sensor())
    assert "Waiting for job 278 in the triggerer, until " in caplog.text


def test_end_from_trigger_is_passed_on(hook: mock.Mock) -> None:
    hook.send.return_value = job(PROCESSING)
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
        ({"job_id": "None"}, "job_id: is required; look whether its template"),
        ({"namespace": "elsewhere"}, "namespace"),
        ({"output_path": "folder"}, "output_path"),
        ({"submitted_at": "yesterday"}, "submitted_at"),
    ],
)
def test_bad_input_is_named_before_anything_is_sent(
    hook: mock.Mock, fields: dict[str, Any], named: str
) -> None:
    outlets = fields.pop("outlets", None)
    one = sensor(**fields)
    if outlets:
        one.outlets = outlets
    with pytest.raises(AirflowFailException, match=named):
        one.execute(fakes.context())
    assert not hook.send.called


def test_numbers_and_absent_values_as_templates_render_them(hook: mock.Mock) -> None:
    hook.send.return_value = job(PROCESSING)
    one = sensor(job_id=278, eta="None", submitted_at="None", namespace="None")
    entry = deferred(one).trigger.jobs[0]
    assert (entry["job_id"], entry["eta"], entry["route"]) == ("278", None, {})


def test_the_namespace_of_the_submission_reaches_the_look(hook: mock.Mock) -> None:
    hook.send.return_value = job(PROCESSING)
    entry = deferred(sensor(namespace="deepfake")).trigger.jobs[0]
    assert entry["route"] == {"namespace": "deepfake"}
    assert hook.send.call_args.args[0].path({"namespace": "faceswap"}) == "/api/v6/deepfake/fetch/278"
