"""What a sensor stored is found by its retry and its clear; only then is the callback deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowSkipException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import NotSentError, PollError
from airflow_provider_faceswap.sensors.modelslab import ModelsLabFetchSensor
from airflow_provider_faceswap.storage.records import Records
from tests.fakes import FakeCompletion, FakeDownloads, context, job

SUBMITTED = {"provider": "modelslab", "operation": "single_video_swap", "job_id": "278"}


def start(folder: Path | None, job_id: Any = "278", **kwargs: Any) -> Any:
    output_path = None if folder is None else f"file://{folder}"
    sensor = ModelsLabFetchSensor(task_id="wait", job_id=job_id, output_path=output_path, **kwargs)
    return sensor.execute(context())


def test_a_callback_is_deleted_only_if_the_result_is_stored(
    vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path
) -> None:
    start(None)
    assert not vendor.forgotten
    start(tmp_path)
    assert len(vendor.forgotten) == 1


@pytest.mark.parametrize("job_id", ["278", SUBMITTED])
@pytest.mark.parametrize("deferrable", [True, False])
def test_another_start_returns_what_is_stored_although_the_vendor_has_forgotten_it(
    vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path, deferrable: bool, job_id: Any
) -> None:
    first = start(tmp_path, job_id)
    vendor.polls, polled = [job(JobState.UNKNOWN)], len(vendor.polled)
    second = start(tmp_path, job_id, deferrable=deferrable)
    assert (second["stored"], second["files"]) == (first["stored"], first["files"])
    assert len(vendor.polled) == polled and len(downloads.urls) == 1


def test_a_file_that_is_gone_is_fetched_again(
    vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path
) -> None:
    first = start(tmp_path)
    Path(first["stored"][0].removeprefix("file://")).unlink()
    assert start(tmp_path)["stored"] == first["stored"]
    assert len(downloads.urls) == 2


def test_another_job_or_host_is_polled(
    vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path
) -> None:
    start(tmp_path)
    start(tmp_path, "279")
    vendor.moves_to("https://there.example.com")
    start(tmp_path)
    assert len(vendor.polled) == 3


@pytest.mark.parametrize("soft_fail", [True, False])
@pytest.mark.parametrize("comes_again", [True, False])
def test_a_store_that_does_not_answer_at_the_start(
    vendor: FakeCompletion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    comes_again: bool,
    soft_fail: bool,
) -> None:
    """The job goes on meanwhile; only a callback that was deleted comes from nowhere else."""

    def away(*_: Any) -> None:
        raise NotSentError("output_path cannot be read now: HTTP 503; a retry looks again")

    monkeypatch.setattr(Records, "find", away)
    vendor.repeatable = comes_again  # type: ignore[misc]
    vendor.polls = [job(JobState.PROCESSING)] * 2
    expected = TaskDeferred if comes_again else AirflowSkipException if soft_fail else AirflowException
    with pytest.raises(expected):
        start(tmp_path, deferrable=True, soft_fail=soft_fail)


def test_a_callback_stays_where_the_record_cannot_be_written(
    vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise PermissionError("no write")

    monkeypatch.setattr(Records, "write", broken)
    assert start(tmp_path)["stored"] and not vendor.forgotten


def test_what_cannot_be_forgotten_fails_nothing(
    vendor: FakeCompletion, downloads: FakeDownloads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(ticket: object) -> None:
        raise PollError("no delete")

    monkeypatch.setattr(vendor, "forget", broken)
    assert start(tmp_path)["stored"]
