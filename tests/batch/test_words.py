"""What people read about a batch: in its log, and in the errors of its rows."""

from __future__ import annotations

import logging

import pytest
from airflow.sdk.exceptions import AirflowException

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import outputs
from airflow_provider_faceswap.storage.storing import FREE_AGAIN
from tests.batch.world import BatchWorld, rows

CLIP = rows(1)[0]["target"]


def test_one_line_of_the_log_names_row_and_job(world: BatchWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="airflow_provider_faceswap")
    world.start(rows(3))
    for job_id, media in world.vendor.jobs.items():
        number = next(number for number, row in enumerate(rows(3)) if row["target"] == media)
        said = [record.getMessage() for record in caplog.records if f"job {job_id}" in record.getMessage()]
        assert said[0] == f"Row {number}: modelslab took single_video_swap as job {job_id}"
        assert [words for words in said if "took" in words or "is job" in words] == said[:1]


def test_an_unfinished_row_says_what_to_do_next(world: BatchWorld) -> None:
    world.vendor.states = {CLIP: JobState.PROCESSING}
    with pytest.raises(AirflowException, match="1 unfinished"):
        world.start(rows(1), timeout=60)
    assert world.lines[0]["error"] == (
        "modelslab job 1000: not finished at its deadline; it is paid: clear the task to wait for it again, "
        "or let the next run with this output_path collect it"
    )


def test_a_row_whose_file_was_not_stored_says_the_same(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(*_: object) -> None:
        raise ResultError(f"the link answers 503{FREE_AGAIN}")

    monkeypatch.setattr(outputs, "download", download)
    with pytest.raises(AirflowException, match="1 unfinished"):
        world.start(rows(1))
    error = world.lines[0]["error"]
    assert "the link answers 503" in error and "sensor" not in error
    assert error.endswith(
        "clear the task to wait for it again, or let the next run with this output_path collect it"
    )
