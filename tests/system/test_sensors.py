"""Sensors that wait in the triggerer for jobs that somebody else submitted."""

from __future__ import annotations

import pytest

from tests.system.run import Run, worker_starts

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _ended(sensors: Run) -> None:
    assert sensors.ends() == "failed"


def test_a_result_that_the_trigger_pushed_is_a_dict_downstream(sensors: Run) -> None:
    result = sensors.result("ends_in_trigger")
    seen = {"type": "dict", "job_id": result["job_id"], "outputs": 1}
    assert sensors.result("consumer") == seen
    assert (result["status"], result["operation"]) == ("success", "fetch")


def test_it_has_the_same_shape_as_one_that_a_worker_took(sensors: Run) -> None:
    pushed, taken = sensors.result("ends_in_trigger"), sensors.result("ends_on_worker")
    assert pushed.keys() == taken.keys()
    # Nobody told the sensors when the jobs were submitted.
    assert pushed["submitted_at"] is taken["submitted_at"] is None


def test_a_task_that_ends_in_the_trigger_starts_on_a_worker_once(sensors: Run) -> None:
    assert sensors.states()["ends_in_trigger"] == "success"
    assert worker_starts(sensors.log("ends_in_trigger")) == 1
    assert worker_starts(sensors.log("ends_on_worker")) == 2


def test_a_job_that_fails_fails_the_task_on_a_worker_in_the_vendors_words(sensors: Run) -> None:
    [error] = sensors.errors("fails")
    assert error.endswith(" failed: The face is turned away.")
    assert error.startswith("JobFailedError: modelslab job ")
    assert sensors.states()["fails"] == "failed"
    assert worker_starts(sensors.log("fails")) == 2


def test_the_deadline_is_a_sensor_timeout(sensors: Run) -> None:
    [error] = sensors.errors("times_out")
    assert error.startswith("JobUnsettledError: modelslab job ")
    assert "not finished at its deadline" in error
    assert sensors.states()["times_out"] == "failed"


def test_soft_fail_skips_at_the_deadline_and_says_why(sensors: Run) -> None:
    assert sensors.states()["skips"] == "skipped"
    [skip] = [entry for entry in sensors.log("skips") if entry["event"] == "Skipping task."]
    assert "not finished at its deadline" in skip["reason"]


def test_an_id_that_the_vendor_does_not_know_fails_the_task(sensors: Run) -> None:
    [error] = sensors.errors("unknown")
    assert error.startswith("JobUnknownError: modelslab does not know job 987654321987: Request not found; ")
    assert "check the connection's account, host and namespace" in error
    assert sensors.states()["unknown"] == "failed"


def test_a_job_of_the_older_namespace(sensors: Run) -> None:
    result = sensors.result("deepfake")
    assert result["status"] == "success"
    # There the vendor tells neither how long a job took nor what it was made from.
    assert (result["seconds"], result["meta"]) == (None, {})
