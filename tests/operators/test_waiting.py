"""How a task waits: on the worker, in the triggerer, and after Airflow cut its deferral off."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    TaskDeferralError,
    TaskDeferralTimeout,
    TaskDeferred,
)

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import PollError, RefusedForNowError
from airflow_provider_faceswap.operators.modelslab import ModelsLabMultipleFaceSwapOperator
from tests.fakes import RESULT, START, job
from tests.operators.world import PURCHASES, URL, World

PROCESSING = JobState.PROCESSING


@pytest.fixture
def picture(one: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same world with a task whose jobs are likely to be short."""
    monkeypatch.setitem(
        PURCHASES, "modelslab", (ModelsLabMultipleFaceSwapOperator, {"target_image": URL}, "init_image")
    )
    return one


def test_a_video_is_submitted_once_deferred_and_collected(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING, eta=120.0)]
    one.vendor.polls = [job(seconds=10.1, meta={"seed": 7})]
    deferral = one.defer()
    assert one.context["ti"].xcoms["job_id"] == "278"
    assert deferral.trigger.jobs[0]["job_id"] == "278" and deferral.trigger.jobs[0]["eta"] == 120.0
    assert deferral.timeout.total_seconds() > 3600, "the trigger ends first, and says why"

    assert one.resume(deferral, states={"278": "success"}) == {
        "provider": "modelslab", "operation": "single_video_swap", "job_id": "278", "status": "success",
        "output": [RESULT], "stored": [], "seconds": 10.1, "cost": None,
        "submitted_at": "2027-01-15T08:00:00.000+00:00", "eta": 120.0, "meta": {"seed": 7}, "files": [],
        "inputs": {"init_image": URL, "init_video": URL},
    }  # fmt: skip
    assert (one.vendor.accepted, one.vendor.polled) == (1, ["278"])


def test_what_lies_in_the_database_while_deferred_holds_no_secret_and_no_url(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING, poll_url=f"{RESULT}/278")]
    deferral = one.defer()
    stored = json.dumps([deferral.trigger.serialize(), deferral.kwargs])
    stored = stored.replace(one.vendor.hook.settings.base_url, "")
    assert "t0k3n" not in stored and "http" not in stored and "kkkk" not in stored
    assert len(stored) < 2000


def test_submit_only(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING, eta=605.0)]
    result = one.start(wait_for_completion=False)
    assert one.context["ti"].xcoms["job_id"] == "278"
    assert (result["status"], result["job_id"], result["output"]) == ("processing", "278", [])
    assert result["eta"] == 605.0 and not one.vendor.polled


def test_a_job_that_is_done_at_once_is_not_waited_for(one: World) -> None:
    one.vendor.submissions = [job()]
    assert one.start(deferrable=True)["status"] == "success"
    assert not one.clock.slept


@pytest.mark.parametrize("eta", [None, 4.0])
def test_a_short_picture_is_waited_for_on_the_worker(picture: World, eta: float | None) -> None:
    picture.vendor.submissions = [job(PROCESSING, eta=eta)]
    picture.vendor.polls = [job(PROCESSING), job()]
    assert picture.start(deferrable=True)["status"] == "success"
    assert 0 < sum(picture.clock.slept) <= 10


def test_a_short_clip_is_waited_for_on_the_worker(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING, eta=6.0)]
    assert one.start(deferrable=True)["status"] == "success"
    assert 0 < sum(one.clock.slept) <= 10


@pytest.mark.parametrize("eta", [None, 11.0])
def test_a_long_clip_is_deferred_at_once(one: World, eta: float | None) -> None:
    one.vendor.submissions = [job(PROCESSING, eta=eta)]
    one.defer()
    assert not one.clock.slept and not one.vendor.polled


def test_a_long_picture_is_deferred_at_once(picture: World) -> None:
    picture.vendor.submissions = [job(PROCESSING, eta=60.0)]
    picture.defer()
    assert not picture.clock.slept and not picture.vendor.polled


def test_a_short_job_that_takes_longer_is_deferred_after_all(picture: World) -> None:
    picture.vendor.submissions = [job(PROCESSING, eta=4.0)]
    picture.vendor.polls = [job(PROCESSING)] * 50
    deferral = picture.defer()
    assert sum(picture.clock.slept) == pytest.approx(10)
    assert deferral.trigger.deadline == pytest.approx(START + 3600)


def test_blocking_waits_to_the_end(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING, eta=120.0)]
    one.vendor.polls = [*[job(PROCESSING)] * 3, PollError("HTTP 502"), job()]
    assert one.start()["status"] == "success"
    assert sum(one.clock.slept) > 100


def test_blocking_ends_at_the_deadline_with_the_job_id(one: World) -> None:
    one.vendor.polls = [job(PROCESSING)] * 1000
    with pytest.raises(AirflowException, match="job 278: not finished at its deadline"):
        one.start(timeout=300)
    assert sum(one.clock.slept) == pytest.approx(300)


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize(
    ("said", "expected"),
    [("No face found", "failed: No face found"), ("", "failed; the vendor gave no reason")],
)
def test_a_failed_job_fails_the_task_in_the_vendors_words(
    one: World, deferrable: bool, said: str, expected: str
) -> None:
    one.vendor.polls = [job(JobState.FAILED, message=said)]
    with pytest.raises(AirflowFailException, match=f"job 278 {expected}"):
        if deferrable:
            one.resume(one.defer(), states={"278": "failed"})
        else:
            one.start()


@pytest.mark.parametrize(
    ("end", "seen", "said"),
    [
        ("deadline", PROCESSING, "not finished at its deadline"),
        ("unclear", JobState.UNCLEAR, "no clear answer"),
        ("unknown", JobState.UNKNOWN, "does not know"),
        ("unknown", PROCESSING, "no clear answer"),
    ],
)
def test_a_wait_without_a_verdict_names_the_job_and_may_be_retried(
    one: World, end: str, seen: JobState, said: str
) -> None:
    one.vendor.polls = [job(seen)]
    deferral = one.defer()
    with pytest.raises(AirflowException, match=said) as caught:
        one.resume(deferral, states={"278": end})
    assert not isinstance(caught.value, AirflowFailException)
    assert "278" in str(caught.value)[:100] and one.vendor.polled == ["278"]


def test_a_result_that_came_after_the_deadline_is_taken(one: World) -> None:
    deferral = one.defer()
    one.clock.seconds += 5000
    assert one.resume(deferral, states={"278": "deadline"})["status"] == "success"


def test_the_worker_believes_its_own_poll_and_not_the_event(one: World) -> None:
    one.vendor.polls = [PollError("HTTP 502"), job(PROCESSING), job()]
    assert one.resume(one.defer(), states={"278": "success"})["output"] == [RESULT]


@pytest.mark.parametrize("event", [None, "success", {}, {"states": ["278"]}, {"states": {"279": "success"}}])
def test_an_event_that_says_nothing_leads_to_one_poll(one: World, event: Any) -> None:
    deferral = one.defer()
    assert deferral.kwargs is not None
    result = one.operator.execute_complete(one.context, event, deferral.kwargs["submission"])
    assert result["status"] == "success" and one.vendor.polled == ["278"]


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("event", [{"states": {"278": "success"}}, None])
def test_a_resume_without_the_deferrals_arguments(one: World, store: bool, event: Any) -> None:
    """``dag.test()`` and ``airflow dags test`` drop them."""
    if not store:
        one.store = None
    one.defer()
    assert one.operator.execute_complete(one.context, event)["status"] == "success"
    assert one.vendor.accepted == 1


def test_a_resume_with_nothing_but_the_journal(one: World) -> None:
    one.defer()
    one.context["ti"].xcoms.clear()
    assert one.operator.execute_complete(one.context, None)["status"] == "success"
    assert one.vendor.accepted == 1


@pytest.mark.parametrize("store", [True, False])
def test_a_second_submission_without_the_deferrals_arguments(one: World, store: bool) -> None:
    if not store:
        one.store = None
    one.vendor.submissions = [RefusedForNowError("queue full")] * 2
    one.defer()
    for _ in range(2):
        with pytest.raises(TaskDeferred) as caught:
            one.operator.execute_again(one.context, None)
    assert caught.value.trigger.jobs[0]["job_id"] == "278"
    assert one.operator.execute_complete(one.context, None)["status"] == "success"
    assert one.vendor.accepted == 1


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("error", ["Trigger timeout", "Trigger failure"])
def test_a_deferral_that_airflow_cut_off_takes_a_finished_result(one: World, error: str, store: bool) -> None:
    if not store:
        one.store = None
    one.defer()
    result = one.operator.resume_execution("__fail__", {"error": error}, one.context)
    assert result["output"] == [RESULT] and result["submitted_at"]
    assert one.vendor.accepted == 1


@pytest.mark.parametrize("store", [True, False])
def test_the_ticket_is_in_the_journal_or_an_xcom(one: World, store: bool) -> None:
    """Each XCom costs as much as a write to the journal."""
    if not store:
        one.store = None
    one.defer()
    assert set(one.context["ti"].xcoms) == ({"job_id"} if store else {"job_id", "submission"})


@pytest.mark.parametrize("end", ["finished", "unfinished"])
def test_a_job_that_was_adopted_while_deferred_is_polled_where_airflow_cut_that_off(
    one: World, end: str
) -> None:
    one.defer()
    assert one.store is not None
    one.store.set("faceswap", "4711")
    one.vendor.polls = [job(job_id="4711") if end == "finished" else job(PROCESSING, job_id="4711")]
    if end == "finished":
        found = one.operator.resume_execution("__fail__", {"error": "Trigger timeout"}, one.context)
        assert found["job_id"] == "4711"
    else:
        with pytest.raises(AirflowException, match="job 4711: not finished"):
            one.operator.resume_execution("__fail__", {"error": "Trigger timeout"}, one.context)
    assert one.vendor.accepted == 1


def test_a_cut_off_deferral_whose_entry_cannot_be_read_says_how_to_mend_it(one: World) -> None:
    one.defer()
    assert one.store is not None
    one.store.set("faceswap", ["what"])
    with pytest.raises(AirflowFailException, match=r"cannot be read: .*Storage > Task State Store"):
        one.operator.resume_execution("__fail__", {"error": "Trigger timeout"}, one.context)


def test_a_deferral_that_airflow_cut_off_names_the_job(one: World) -> None:
    one.defer()
    one.vendor.polls = [job(PROCESSING, message="try again later.")]
    with pytest.raises(AirflowException, match=r"job 278: not finished: the deferral .*Trigger timeout"):
        one.operator.resume_execution("__fail__", {"error": "Trigger timeout"}, one.context)


@pytest.mark.parametrize("store", [True, False])
def test_a_cut_off_deferral_without_a_ticket_stays_what_it_is(one: World, store: bool) -> None:
    if not store:
        one.store = None
    one.vendor.submissions = [RefusedForNowError("queue full")]
    one.defer()
    with pytest.raises((TaskDeferralError, TaskDeferralTimeout)):
        one.operator.resume_execution("__fail__", {"error": "Trigger failure"}, one.context)


def test_a_callback_is_deleted_only_once_its_result_is_stored(callbacks: World, tmp_path: Any) -> None:
    callbacks.start()
    assert not callbacks.vendor.forgotten, "the URL that it holds is nowhere else if this result is lost"
    callbacks.clear()
    stored = callbacks.start(output_path=f"file://{tmp_path}")["stored"]
    assert len(stored) == 1 and callbacks.vendor.forgotten == ["n0nce"]
    assert callbacks.start(output_path=f"file://{tmp_path}")["stored"] == stored
    assert callbacks.vendor.accepted == 1


@pytest.mark.parametrize("what", ["forget", "claim", "announce"])
def test_what_fails_beside_a_paid_job_fails_no_task(
    callbacks: World, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no permission")

    if what == "announce":
        monkeypatch.setattr("tests.fakes.FakeTaskInstance.xcom_push", broken)
    else:
        monkeypatch.setattr(callbacks.vendor, what, broken)
    assert callbacks.start(output_path=f"file://{tmp_path}")["stored"]
    assert callbacks.entry["state"] == "finished"
