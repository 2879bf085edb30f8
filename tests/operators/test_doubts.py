"""Submissions that may have been taken are never repeated in silence."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import InboxError, InDoubtError, RefusedForNowError, SettingsError
from airflow_provider_faceswap.execution.purchase import MAX_DOUBTS
from tests.fakes import FakeTaskInstance, Killed, job
from tests.operators.world import OTHER, World

PROCESSING = JobState.PROCESSING


def test_an_answer_in_doubt_fails_for_good(world: World) -> None:
    world.vendor.submissions = [InDoubtError("HTTP 502")]
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="submission in doubt: HTTP 502"):
            world.start()
    world.clear()
    with pytest.raises(AirflowFailException, match="submission in doubt: HTTP 502"):
        world.start()
    assert world.vendor.accepted == 1 and not world.clock.slept


def test_a_task_in_doubt_pushes_what_the_list_of_all_doubts_is_made_of(world: World) -> None:
    world.vendor.submissions = [InDoubtError("HTTP 502")]
    with pytest.raises(AirflowFailException):
        world.start()
    noted = world.context["ti"].xcoms["faceswap_in_doubt"]
    assert noted["provider"] == world.provider and "HTTP 502" in noted["problem"]


def test_a_doubt_is_raised_although_its_xcom_cannot_be_pushed(
    one: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: FakeTaskInstance, key: str, value: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(FakeTaskInstance, "xcom_push", broken)
    one.vendor.submissions = [InDoubtError("HTTP 502")]
    with pytest.raises(AirflowFailException, match="submission in doubt: HTTP 502"):
        one.start()


def test_a_task_that_knows_pushes_no_doubt(world: World) -> None:
    world.start()
    assert "faceswap_in_doubt" not in world.context["ti"].xcoms


def test_resubmitting_in_doubt_is_counted_said_and_bounded(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.vendor.submissions = [InDoubtError("cut"), InDoubtError("cut")]
    assert world.start(on_in_doubt="resubmit")["status"] == "success"
    assert world.entry["doubts"] == 2
    assert caplog.text.count("submission in doubt") == 2
    world.clear()
    world.vendor.submissions = [InDoubtError("cut")] * 20
    with pytest.raises(AirflowFailException, match="submission in doubt"):
        world.start(on_in_doubt="resubmit", on_clear="resubmit")
    assert world.entry["doubts"] == MAX_DOUBTS


def test_a_clock_that_is_a_day_ahead_is_waited_for_no_longer_than_a_submission_takes(one: World) -> None:
    one.vendor.submissions = [Killed()]
    one.clock.seconds += 86_400
    with pytest.raises(Killed):
        one.start()
    one.clock.seconds -= 86_400
    with pytest.raises(AirflowFailException, match="submission in doubt"):
        one.start()
    assert sum(one.clock.slept) == pytest.approx(45)


def test_a_worker_that_still_submits_is_waited_for_whatever_the_inputs_are(one: World) -> None:
    """Cleared with other inputs while the old worker is at it: the job that it gets is left by name."""
    one.vendor.submissions = [Killed(), job(PROCESSING, job_id="279")]
    with pytest.raises(Killed):
        one.start()
    sleep, store = one.clock.sleep, one.store
    assert store is not None

    def the_old_worker_ends(seconds: float) -> None:
        sleep(seconds)
        one.clock.sleep = sleep  # type: ignore[method-assign]
        store.set("faceswap", {**one.entry, "state": "running", "job_id": "278"})

    one.clock.sleep = the_old_worker_ends  # type: ignore[method-assign]
    one.clear()
    assert one.start(media=OTHER)["job_id"] == "279"
    assert [left["job_id"] for left in one.entry["left"]] == ["278"]


def test_an_intent_that_is_renewed_meanwhile_is_waited_for_again(one: World) -> None:
    """Two tries are alive: the other one submits while this one waits for it."""
    one.vendor.submissions = [Killed()]
    with pytest.raises(Killed):
        one.start()
    sleep, store = one.clock.sleep, one.store
    assert store is not None

    def renewed(seconds: float) -> None:
        sleep(seconds)
        one.clock.sleep = sleep  # type: ignore[method-assign]
        store.set("faceswap", {**one.entry, "attempted_at": one.clock.seconds})

    one.clock.sleep = renewed  # type: ignore[method-assign]
    with pytest.raises(AirflowFailException, match="submission in doubt"):
        one.start()
    assert sum(one.clock.slept) == pytest.approx(90)


def test_a_submission_in_doubt_heals_by_its_callback(callbacks: World) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut")]
    deferral = callbacks.defer(in_doubt_wait=600)
    assert deferral.trigger.deadline == pytest.approx(callbacks.clock.seconds + 600)
    callbacks.vendor.called_back = {"278"}
    assert callbacks.resume(deferral, states={"n0nce": "called_back"})["job_id"] == "278"
    assert callbacks.entry["job_id"] == "278"
    assert callbacks.vendor.accepted == 1


def test_a_worker_that_died_after_submitting_is_healed_as_well(callbacks: World) -> None:
    callbacks.vendor.submissions = [Killed()]
    with pytest.raises(Killed):
        callbacks.start(in_doubt_wait=600)
    callbacks.vendor.called_back = {"278"}
    assert callbacks.start(in_doubt_wait=600)["job_id"] == "278"
    assert callbacks.vendor.accepted == 1


def test_without_a_callback_the_doubt_is_the_users(callbacks: World) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut")]
    with pytest.raises(AirflowFailException, match="submission in doubt: cut"):
        callbacks.start(in_doubt_wait=600)
    assert sum(callbacks.clock.slept) == pytest.approx(600)


def test_a_doubt_whose_worker_died_is_explained_after_the_deferral_too(callbacks: World) -> None:
    callbacks.vendor.submissions = [Killed()]
    with pytest.raises(Killed):
        callbacks.start(in_doubt_wait=600)
    deferral = callbacks.defer(in_doubt_wait=600)
    callbacks.clock.seconds += 600
    with pytest.raises(AirflowFailException, match=r"submission in doubt: the worker ended between"):
        callbacks.resume(deferral, states={"n0nce": "deadline"})


def test_callbacks_that_name_several_jobs_settle_nothing(callbacks: World) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut")]
    callbacks.vendor.called_back = {"278", "666"}
    with pytest.raises(AirflowFailException, match="name the jobs 278, 666"):
        callbacks.start(in_doubt_wait=600)
    assert callbacks.entry["state"] == "in_doubt"


def test_a_callback_is_not_believed_where_the_user_does_not_want_that(callbacks: World) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut")]
    callbacks.vendor.called_back = {"278"}
    with pytest.raises(AirflowFailException, match="submission in doubt: cut"):
        callbacks.start(in_doubt_wait=600, adopt_from_callback=False)
    assert not callbacks.clock.slept and callbacks.entry["state"] == "in_doubt"


def test_a_job_adopted_by_hand_while_its_callback_is_waited_for(callbacks: World) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut")]
    deferral = callbacks.defer(in_doubt_wait=600)
    assert callbacks.store is not None
    callbacks.store.set("faceswap", "4711")
    assert callbacks.resume(deferral, states={"n0nce": "deadline"})["job_id"] == "4711"
    assert callbacks.vendor.accepted == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_second_doubt_after_the_first_keeps_its_count(callbacks: World, deferrable: bool) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut"), InDoubtError("cut again")]
    wish = {"on_in_doubt": "resubmit", "in_doubt_wait": 600}
    if not deferrable:
        assert callbacks.start(**wish)["status"] == "success"
    else:
        deferral = callbacks.defer(**wish)
        for _ in range(2):
            callbacks.clock.seconds += 600
            with pytest.raises(TaskDeferred) as caught:
                callbacks.resume(deferral, states={"n0nce": "deadline"})
            deferral = caught.value
        assert deferral.trigger.jobs[0]["job_id"] == "278"
    assert (callbacks.vendor.accepted, callbacks.entry["doubts"]) == (3, 2)


def test_a_doubt_that_was_accepted_and_then_refused_for_now_counts_once(one: World) -> None:
    one.vendor.submissions = [InDoubtError("cut"), *[RefusedForNowError("queue full")] * 4]
    assert one.start(on_in_doubt="resubmit")["status"] == "success"
    assert one.entry["doubts"] == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_the_same_without_a_store(one: World, deferrable: bool) -> None:
    """Below Airflow 3.3 the counts travel with the deferral."""
    one.store = None
    one.vendor.submissions = [InDoubtError("cut"), *[RefusedForNowError("queue full")] * 4]
    if not deferrable:
        assert one.start(on_in_doubt="resubmit")["status"] == "success"
    else:
        deferral = one.defer(on_in_doubt="resubmit")
        for _ in range(4):
            with pytest.raises(TaskDeferred) as caught:
                one.resume(deferral)
            deferral = caught.value
        assert deferral.trigger.jobs[0]["doubts"] == 1
    assert one.vendor.accepted == 2


def test_a_doubt_whose_inbox_cannot_be_read_now_is_looked_up_by_the_retry(
    callbacks: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(ticket: object) -> set[str]:
        raise InboxError("no route to the store")

    callbacks.vendor.submissions = [InDoubtError("cut")]
    with monkeypatch.context() as patch, pytest.raises(AirflowException, match="no route") as caught:
        patch.setattr(callbacks.vendor, "answers", broken)
        callbacks.start(in_doubt_wait=600)
    error: Any = caught.value
    assert error.paid is None and not isinstance(error, AirflowFailException)
    callbacks.vendor.called_back = {"278"}
    assert callbacks.start(in_doubt_wait=600)["job_id"] == "278"
    assert callbacks.vendor.accepted == 1


@pytest.mark.parametrize("how", ["resume", "clear"])
def test_buying_again_is_not_obeyed_where_a_callback_names_the_job(callbacks: World, how: str) -> None:
    """Somebody looked at the vendor before the job was to be seen there."""
    callbacks.vendor.submissions = [InDoubtError("cut"), job(PROCESSING, job_id="279")]
    deferral = callbacks.defer(in_doubt_wait=600)
    assert callbacks.store is not None
    wish = {"attempt": callbacks.entry["attempted_at"], "action": "resubmit"}
    callbacks.store.set("faceswap_decision", wish)
    callbacks.vendor.called_back = {"278"}
    callbacks.clock.seconds += 60
    if how == "resume":
        found = callbacks.resume(deferral, states={"n0nce": "called_back"})
    else:
        callbacks.clear()
        found = callbacks.start()
    assert found["job_id"] == "278" and callbacks.vendor.accepted == 1


@pytest.mark.parametrize("inbox", ["does not answer", "was given up"])
def test_buying_again_where_callbacks_cannot_be_looked_up(callbacks: World, inbox: str) -> None:
    """What is not known now may be known at a retry; who has no receiver any more has no proof."""
    callbacks.vendor.submissions = [InDoubtError("cut"), job(PROCESSING, job_id="279")]
    callbacks.defer(in_doubt_wait=600)
    assert callbacks.store is not None
    wish = {"attempt": callbacks.entry["attempted_at"], "action": "resubmit"}
    callbacks.store.set("faceswap_decision", wish)
    callbacks.clock.seconds += 60
    callbacks.clear()
    if inbox == "was given up":
        callbacks.vendor.unknown = SettingsError("[faceswap] inbox is not set")
        assert callbacks.start()["job_id"] == "279"
        return
    callbacks.vendor.unknown = InboxError("HTTP 503")
    with pytest.raises(AirflowException, match="HTTP 503"):
        callbacks.start()
    assert callbacks.vendor.accepted == 1
