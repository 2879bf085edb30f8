"""Tasks whose vendor is polled, and calls back to say when."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import InDoubtError
from airflow_provider_faceswap.execution.waiting import CALLED_SECONDS
from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator
from airflow_provider_faceswap.operators.modelslab import ModelsLabSingleVideoSwapOperator
from tests.fakes import job
from tests.operators.world import World

RUNNING = JobState.PROCESSING


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World("modelslab", monkeypatch)
    world.vendor.nonce = "n0nce"
    return world


def called(world: World, deferral: TaskDeferred, key: str = "278") -> object:
    return world.resume(deferral, states={key: "called_back"})


def test_one_poll_collects(woken: World) -> None:
    deferral = woken.defer(use_callback=True)
    assert deferral.trigger.jobs[0]["nonce"] == "n0nce"
    assert called(woken, deferral)["status"] == "success"  # type: ignore[index]
    assert (woken.vendor.polled, woken.vendor.forgotten) == (["278"], ["n0nce"])


def test_a_callback_that_comes_too_early_only_wakes_once(woken: World) -> None:
    """The task goes on, polled as others are, and holds its worker for seconds only."""
    deferral = woken.defer(use_callback=True)
    woken.vendor.polls = [job(RUNNING)] * 4
    with pytest.raises(TaskDeferred) as again:
        called(woken, deferral)
    assert again.value.trigger.jobs[0]["nonce"] == ""
    assert sum(woken.clock.slept) == pytest.approx(CALLED_SECONDS)
    assert woken.entry["state"] == "running"
    woken.vendor.polls.clear()
    assert woken.resume(again.value, states={"278": "success"})["status"] == "success"
    assert (woken.vendor.accepted, woken.vendor.forgotten) == (1, ["n0nce"])


def test_a_callback_that_only_says_that_a_job_failed_is_not_believed(woken: World) -> None:
    deferral = woken.defer(use_callback=True)
    woken.vendor.polls = [job(JobState.FAILED, message="no face")]
    with pytest.raises(AirflowFailException, match="no face"):
        called(woken, deferral)


def test_a_doubt_is_settled_and_the_job_that_still_runs_is_waited_for(woken: World) -> None:
    woken.vendor.submissions = [InDoubtError("cut")]
    deferral = woken.defer(use_callback=True)
    assert deferral.trigger.deadline == pytest.approx(woken.clock.seconds + 600)
    woken.vendor.called_back = {"278"}
    woken.vendor.polls = [job(RUNNING)] * 4
    with pytest.raises(TaskDeferred) as again:
        called(woken, deferral, "n0nce")
    assert (woken.entry["job_id"], again.value.trigger.jobs[0]["job_id"]) == ("278", "278")
    woken.vendor.polls.clear()
    assert woken.resume(again.value, states={"278": "success"})["job_id"] == "278"
    assert woken.vendor.accepted == 1


def test_a_doubt_that_no_callback_settles_is_the_users(woken: World) -> None:
    woken.vendor.submissions = [InDoubtError("cut")]
    with pytest.raises(AirflowFailException, match="submission in doubt: cut"):
        woken.start(use_callback=True, in_doubt_wait=60)
    assert sum(woken.clock.slept) == pytest.approx(60)


@pytest.mark.parametrize("kind", [ModelsLabSingleVideoSwapOperator, FaceSwapOperator])
def test_it_is_off_by_default(kind: type) -> None:
    media = {
        ModelsLabSingleVideoSwapOperator: {"init_image": "a", "init_video": "b"},
        FaceSwapOperator: {"conn_id": "c", "face": "a", "target": "b"},
    }
    assert kind(task_id="t", **media[kind]).use_callback is False


def test_it_must_be_true_or_false(woken: World) -> None:
    with pytest.raises(AirflowFailException, match="use_callback: must be True or False"):
        woken.start(use_callback="yes")
    assert woken.vendor.accepted == 0
