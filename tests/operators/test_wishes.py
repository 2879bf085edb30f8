"""A person decides in the UI what becomes of a job: it counts once, for the attempt that the page showed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import InDoubtError, RefusedForNowError
from tests.fakes import Killed, job
from tests.operators.world import OTHER, World

PROCESSING = JobState.PROCESSING


def decide(
    world: World, action: str, job_id: str = "", *, clear: bool = True, **other: Any
) -> dict[str, Any]:
    """Decide as the page does: about the attempt that it shows, then clear the task."""
    assert world.store is not None
    wish = {
        "id": uuid4().hex,
        "attempt": world.entry["attempted_at"],
        "action": action,
        "job_id": job_id,
        **other,
    }
    world.store.set("faceswap_decision", wish)
    world.clock.seconds += 1
    if clear:
        world.clear()
    return wish


def fall_into_doubt(world: World) -> None:
    world.vendor.submissions = [InDoubtError("HTTP 502")]
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start()


def test_an_accepted_submission_is_adopted_and_nothing_is_bought(world: World) -> None:
    fall_into_doubt(world)
    decide(world, "adopt", "4711")
    result = world.start()
    assert (result["job_id"], result["status"], world.vendor.accepted) == ("4711", "success", 1)
    assert world.start()["job_id"] == "4711"


def test_one_that_was_not_accepted_is_bought_once_however_often_it_is_said(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    fall_into_doubt(world)
    wish = decide(world, "resubmit")
    world.start()
    assert "a person decided: it was not accepted" in caplog.text
    assert world.vendor.accepted == 2
    for action in ("resubmit", "buy_another", "adopt"):
        assert world.store is not None
        world.store.set(
            "faceswap_decision", {**wish, "action": action, "job_id": "1" if action == "adopt" else ""}
        )
        world.clear()
        world.start()
    assert world.vendor.accepted == 2


def test_saying_no_after_it_was_adopted_buys_nothing(world: World) -> None:
    """Two people look at the same page: one adopts, the other buys again."""
    fall_into_doubt(world)
    wish = decide(world, "adopt", "4711")
    world.start()
    assert world.store is not None
    world.store.set("faceswap_decision", {**wish, "action": "resubmit", "job_id": ""})
    world.clear()
    assert world.start()["job_id"] == "4711" and world.vendor.accepted == 1


def test_another_is_bought_of_what_has_ended(world: World) -> None:
    world.start()
    decide(world, "buy_another")
    world.start()
    assert world.vendor.accepted == 2
    world.clear()
    world.start()
    assert world.vendor.accepted == 2


def test_another_is_bought_after_a_failure(one: World) -> None:
    one.vendor.polls = [job(JobState.FAILED)]
    with pytest.raises(AirflowException):
        one.start()
    decide(one, "buy_another", clear=False)
    one.start()
    assert one.vendor.accepted == 2


def test_another_is_bought_although_a_stored_result_could_be_taken(one: World, tmp_path: Any) -> None:
    folder = {"output_path": f"file://{tmp_path}", "reuse_stored": True}
    one.start(**folder)
    decide(one, "buy_another")
    one.start(**folder)
    assert one.vendor.accepted == 2


def test_a_worker_that_may_still_submit_is_waited_for_first(one: World) -> None:
    one.vendor.submissions = [Killed()]
    with pytest.raises(Killed):
        one.start()
    decide(one, "resubmit")
    one.start()
    assert sum(one.clock.slept) >= 45 and one.vendor.accepted == 2


def test_an_adopted_job_is_not_the_result_of_inputs_that_changed_and_none_is_bought(one: World) -> None:
    fall_into_doubt(one)
    decide(one, "adopt", "4711")
    with pytest.raises(AirflowException, match="job 4711 was bought with other inputs; changed: init_video"):
        one.start(media=OTHER)
    assert one.vendor.accepted == 1
    one.clear()
    assert one.start()["job_id"] == "4711" and one.vendor.accepted == 1


def test_after_an_adoption_a_clear_buys_inputs_that_changed(one: World) -> None:
    fall_into_doubt(one)
    decide(one, "adopt", "4711")
    one.start()
    one.clear()
    one.start(media=OTHER)
    assert one.vendor.accepted == 2 and one.entry["left"][0]["job_id"] == "4711"


@pytest.mark.parametrize("action", ["adopt", "resubmit"])
def test_a_moved_connection_is_neither_asked_nor_paid(one: World, action: str) -> None:
    fall_into_doubt(one)
    decide(one, action, "4711" if action == "adopt" else "")
    one.vendor.moves_to("https://there.example.com")
    with pytest.raises(AirflowException, match="the connection moved"):
        one.start()
    assert one.vendor.accepted == 1


def test_a_running_job_is_not_bought_again(one: World) -> None:
    one.vendor.submissions = [job(PROCESSING, job_id="278")]
    one.die()
    for action in ("resubmit", "buy_another"):
        decide(one, action)
        assert one.start()["job_id"] == "278"
        one.store.set("faceswap", {**one.entry, "state": "running", "result": None})  # type: ignore[union-attr]
    assert one.vendor.accepted == 1


@pytest.mark.parametrize(
    "wish",
    [
        "resubmit",
        [],
        {"id": "a", "action": "resubmit"},
        {"id": "../a", "attempt": 0, "action": "resubmit"},
        {"id": "a", "attempt": [], "action": "resubmit"},
        {"id": "a", "attempt": 0, "action": "buy everything"},
        {"id": "a", "attempt": 0, "action": "adopt"},
        {"id": "a", "attempt": 0, "action": "adopt", "job_id": "../1"},
        {"id": "a", "attempt": 0, "action": "resubmit", "job_id": "1"},
    ],
)
def test_what_no_page_writes_is_ignored_with_a_warning(
    one: World, wish: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fall_into_doubt(one)
    if isinstance(wish, dict) and wish.get("attempt") == 0:
        wish = {**wish, "attempt": one.entry["attempted_at"]}
    one.store.set("faceswap_decision", wish)  # type: ignore[union-attr]
    one.clear()
    with pytest.raises(AirflowFailException, match="in doubt"):
        one.start()
    assert one.vendor.accepted == 1 and "cannot be read and is ignored" in caplog.text


def test_a_decision_is_not_obeyed_again_where_a_clear_goes_back_to_its_job(one: World) -> None:
    one.start()
    decide(one, "buy_another")
    one.vendor.submissions = [job(job_id="279")]
    one.start(media=OTHER)
    one.clear()
    assert one.start()["job_id"] == "278"
    one.clear()
    assert one.start()["job_id"] == "278" and one.vendor.accepted == 2


def test_a_decision_without_an_id_is_obeyed_once_as_well(one: World) -> None:
    one.start()
    decide(one, "buy_another", id="")
    one.vendor.submissions = [job(job_id="279")]
    one.start(media=OTHER)
    one.clear()
    assert one.start()["job_id"] == "278" and one.vendor.accepted == 2


def test_a_decision_stays_while_the_vendor_refuses_for_now(one: World) -> None:
    fall_into_doubt(one)
    decide(one, "resubmit")
    one.vendor.submissions = [RefusedForNowError("queue full"), job(job_id="279")]
    assert one.start()["job_id"] == "279" and one.vendor.accepted == 2


def test_inputs_that_come_back_find_the_doubt_that_they_left(one: World) -> None:
    fall_into_doubt(one)
    one.clear()
    one.start(media=OTHER)
    one.clear()
    with pytest.raises(AirflowFailException, match="in doubt"):
        one.start()
    assert one.vendor.accepted == 2
    decide(one, "resubmit")
    one.start()
    assert one.vendor.accepted == 3


@pytest.mark.parametrize("on_in_doubt", ["fail", "resubmit"])
def test_what_is_decided_while_the_task_waits_for_a_callback_counts_when_it_resumes(
    callbacks: World, on_in_doubt: str
) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut")]
    deferral = callbacks.defer(on_in_doubt=on_in_doubt, in_doubt_wait=600)
    decide(callbacks, "adopt", "4711", clear=False)
    callbacks.clock.seconds += 600
    callbacks.vendor.polls = [job(PROCESSING, job_id="4711"), job(JobState.SUCCESS, job_id="4711")]
    with pytest.raises(TaskDeferred) as adopted:
        callbacks.resume(deferral, states={"n0nce": "deadline"})
    assert callbacks.resume(adopted.value, states={"4711": "success"})["job_id"] == "4711"
    assert callbacks.vendor.accepted == 1


def test_one_that_was_not_accepted_is_bought_when_the_task_resumes(callbacks: World) -> None:
    callbacks.vendor.submissions = [InDoubtError("cut")]
    deferral = callbacks.defer(in_doubt_wait=600)
    decide(callbacks, "resubmit", clear=False)
    callbacks.clock.seconds += 600
    with pytest.raises(TaskDeferred):
        callbacks.resume(deferral, states={"n0nce": "deadline"})
    assert callbacks.vendor.accepted == 2
