"""What is written down of a paid job can be read again, and says how the job stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.exceptions import InputError, JournalError, ResultError
from airflow_provider_faceswap.operators.aifaceswap import (
    AIFaceSwapExtractFacesOperator,
    AIFaceSwapImageOperator,
)
from airflow_provider_faceswap.sensors.aifaceswap import AIFaceSwapCallbackSensor
from tests.execution.vendors import PICTURE, TAKEN, Task, Vendor


def test_a_long_path_of_the_vendor_leaves_the_entry_readable(modelslab: Task, vendor: Vendor) -> None:
    vendor.submissions = [{**TAKEN, "fetch_result": f"{vendor.url}/{'p' * 5000}"}]
    first = modelslab.start()
    assert modelslab.start() == first


def test_a_crowd_of_faces_leaves_the_entry_readable(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, callbacks: Inbox
) -> None:
    vendor.submissions = [{"code": 200, "data": {"faces": [[1, 2, 3, 4]] * 1500}}]
    task = Task(AIFaceSwapExtractFacesOperator, monkeypatch, img=PICTURE)
    assert len(task.start()["faces"]) == len(task.start()["faces"]) == 1500
    assert len(vendor.submitted) == 1


def test_nobody_knows_whether_an_unreadable_entry_is_paid(modelslab: Task) -> None:
    assert modelslab.store is not None
    modelslab.store.set("faceswap", {"state": "odd"})
    error = modelslab.fails()
    assert isinstance(error, JournalError) and error.paid is None


def test_a_job_that_failed_unwatched_is_left_as_failed(modelslab: Task, vendor: Vendor) -> None:
    modelslab.start(wait_for_completion=False)
    vendor.polls, vendor.submissions = [{"status": "error", "message": "no face"}], [{**TAKEN, "id": 279}]
    modelslab.clear()
    assert modelslab.start(wait_for_completion=False)["job_id"] == "279"
    assert modelslab.entry["left"][0]["state"] == "failed"


def test_a_result_whose_callback_is_gone_does_not_blame_a_job_on_its_way(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, callbacks: Inbox, tmp_path: Path
) -> None:
    body = b'{"success": 1, "task_id": "t1", "result_image": "%s/files/a.jpg?x=1"}' % vendor.url.encode()
    vendor.submissions = [{"code": 200, "data": {"task_id": "t1"}}]
    arguments = {"source_image": PICTURE, "face_image": PICTURE, "output_path": f"file://{tmp_path}/out"}
    task = Task(AIFaceSwapImageOperator, monkeypatch, **arguments)
    deferral = task.defers(short_wait=0)
    callbacks.put("aifaceswap", task.entry["nonce"], body)
    stored = task.resume(deferral, {"states": {"t1": "called_back"}})["stored"][0]
    Path(stored.removeprefix("file://")).unlink()
    task.clear()
    error = task.fails()
    assert isinstance(error, ResultError)
    assert "its result is gone" in str(error)[:100] and "processing" not in str(error)


def test_a_sensor_without_a_claim_fails_as_airflow_expects(
    monkeypatch: pytest.MonkeyPatch, callbacks: Inbox
) -> None:
    sensor = Task(AIFaceSwapCallbackSensor, monkeypatch, job_id="t1")
    error = sensor.fails(deferrable=True)
    assert isinstance(error, InputError) and isinstance(error, AirflowFailException)
    assert error.provider == "aifaceswap"
    assert isinstance(sensor.fails(deferrable=True, soft_fail=True), AirflowSkipException)
