"""What was bought stays on record where the purchase of another one is refused."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.block import ItemInputs
from airflow_provider_faceswap.exceptions import InDoubtError, InputError, RefusedError, RefusedForNowError
from tests.batch.world import BatchWorld, TakenError, rows

CLIP = rows(1)[0]["target"]
REFUSED = RefusedError("no face", final=True)


@pytest.fixture
def replaced_in_vain(world: BatchWorld) -> BatchWorld:
    """Two rows were bought; a later run wanted to buy both again, and one was refused."""
    world.start(rows(2))
    world.next_run()
    world.vendor.answers_to = {CLIP: [REFUSED] * 9}
    with pytest.raises(AirflowFailException, match="1 failed of 2 items; row 0: not bought again: no face"):
        world.start(rows(2), overwrite=True)
    return world


def job_of(world: BatchWorld) -> str:
    return next(job for job, media in world.vendor.jobs.items() if media == CLIP)


def test_the_old_success_stays_with_the_error_of_the_new_attempt(replaced_in_vain: BatchWorld) -> None:
    line = replaced_in_vain.lines[0]
    assert (line["status"], line["job_id"]) == ("success", job_of(replaced_in_vain))
    assert line["error"].startswith("not bought again: no face") and line["stored"]


def test_the_summary_counts_the_refusal(replaced_in_vain: BatchWorld) -> None:
    summary = replaced_in_vain.context["ti"].xcoms["return_value"]
    assert (summary["succeeded"], summary["reused"], summary["failed"]) == (1, 0, 1)
    assert summary["failures"][0]["error"].startswith("not bought again: no face")


def test_a_later_run_finds_the_old_success(replaced_in_vain: BatchWorld) -> None:
    replaced_in_vain.next_run()
    summary = replaced_in_vain.start(rows(2))
    assert (summary["succeeded"], summary["reused"], summary["failed"]) == (2, 2, 0)
    assert replaced_in_vain.vendor.bought[CLIP] == 1


def test_a_retry_and_a_resume_do_not_ask_again(world: BatchWorld) -> None:
    world.start(rows(2))
    world.next_run()
    world.vendor.answers_to = {CLIP: [REFUSED] * 9}
    terms: dict[str, Any] = {"overwrite": True, "max_failed": 1, "deferrable": True}
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(2), **terms)
    summary = world.resume(deferral.value)
    assert (summary["succeeded"], summary["failed"]) == (1, 1)
    assert world.start(rows(2), **terms)["failed"] == 1
    assert sum(request.init_video == CLIP for request in world.vendor.sent) == 2


def test_media_that_cannot_be_sent_leave_the_old_success(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start(rows(1))
    world.next_run()
    with monkeypatch.context() as patch:
        patch.setattr(ItemInputs, "request", mock.Mock(side_effect=InputError("target", "is gone")))
        assert world.start(rows(1), overwrite=True, max_failed=1)["failed"] == 1
    world.next_run()
    assert world.start(rows(1))["reused"] == 1


def test_an_unfinished_job_stays_and_is_collected(world: BatchWorld) -> None:
    world.vendor.states = {CLIP: JobState.PROCESSING}
    with pytest.raises(AirflowException, match="1 unfinished"):
        world.start(rows(1), timeout=60)
    world.next_run()
    world.vendor.answers_to = {CLIP: [REFUSED]}
    with pytest.raises(AirflowException, match="1 unfinished"):
        world.start(rows(1), overwrite=True)
    assert world.lines[0]["job_id"] == job_of(world)
    world.vendor.states = {}
    world.next_run()
    assert world.start(rows(1))["succeeded"] == 1
    assert world.vendor.bought[CLIP] == 1


@pytest.mark.parametrize("refusal", [REFUSED, RefusedForNowError("queue full")])
def test_a_doubt_stays_one_where_its_second_submission_is_refused(
    world: BatchWorld, refusal: RefusedError
) -> None:
    world.vendor.answers_to = {CLIP: [TakenError("cut")]}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1))
    world.next_run()
    world.vendor.answers_to = {CLIP: [refusal] * 99}
    with pytest.raises(AirflowException, match=r"in doubt|queue full"):
        world.start(rows(1), on_in_doubt="resubmit", timeout=60)
    assert world.statuses == ["in_doubt"]
    world.vendor.answers_to = {}
    for again in (lambda: None, world.next_run):
        again()
        with pytest.raises(AirflowFailException, match="submission in doubt"):
            world.start(rows(1))
    assert world.vendor.bought[CLIP] == 1


def test_a_doubt_that_a_worker_wanted_to_resubmit_when_it_was_killed_stays_one(world: BatchWorld) -> None:
    world.vendor.answers_to = {CLIP: [InDoubtError("cut")]}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1))
    before = len(world.vendor.jobs)
    world.vendor.answers_to = {CLIP: [REFUSED]}
    real = world.vendor.double.send.side_effect

    def send(request: Any) -> Any:
        world.dies_before = "write"  # the journal knows of the refusal, the folder does not
        return real(request)

    world.vendor.double.send.side_effect = send
    world.clear()
    world.die(rows(1), "nothing else", on_in_doubt="resubmit")
    world.vendor.double.send.side_effect = real
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1))
    assert len(world.vendor.jobs) == before
