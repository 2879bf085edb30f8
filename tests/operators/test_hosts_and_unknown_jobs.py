"""A job belongs to the host that it was bought at, and "unknown" is never a verdict."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred
from pydantic import SecretStr

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import JobUnknownError, PollError
from tests.fakes import Killed, context, job
from tests.operators.world import OTHER, World

PROCESSING, UNKNOWN = JobState.PROCESSING, JobState.UNKNOWN
THERE = "https://there.example.com"
MOVED = r"connection moved to https://there\.example\.com; point it back"


def test_a_connection_that_moved_is_said_and_a_rotated_key_is_not(world: World) -> None:
    home = world.vendor.hook.settings.base_url
    world.die()
    settings = world.vendor.double.settings
    world.vendor.double.settings = settings.model_copy(update={"api_key": SecretStr("another")})
    world.die()
    world.vendor.moves_to(THERE)
    world.vendor.polled.clear()
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=MOVED) as caught:
            world.start()
        assert "job 278 was bought at " + home in str(caught.value)
        world.clear()
    assert not world.vendor.polled
    world.vendor.moves_to(home)
    assert world.start()["job_id"] == "278"
    assert world.vendor.accepted == 1


def test_what_failed_for_good_is_bought_at_another_host_by_a_clear_alone(one: World) -> None:
    """There is nothing to collect at the former one."""
    one.die()
    assert one.store is not None
    one.store.set("faceswap", {**one.entry, "state": "failed"})
    one.vendor.moves_to(THERE)
    with pytest.raises(AirflowFailException, match=MOVED):
        one.start()
    one.clear()
    assert one.start()["status"] == "success" and one.vendor.accepted == 2


@pytest.mark.parametrize("state", ["finished", "running", "in_doubt"])
def test_a_move_is_said_in_every_state(one: World, state: str) -> None:
    one.die()
    assert one.store is not None
    one.store.set("faceswap", {**one.entry, "state": state})
    one.vendor.moves_to(THERE)
    for media in ("https://example.com/a.mp4", OTHER):
        with pytest.raises(AirflowFailException, match=MOVED):
            one.start(media=media)
        one.clear()
        with pytest.raises(AirflowFailException, match=MOVED):
            one.start(media=media, on_clear="resubmit")
    assert one.vendor.accepted == 1


@pytest.mark.parametrize("end", ["success", "failed", "unknown", "deadline"])
def test_a_connection_that_moves_while_the_task_is_deferred(world: World, end: str) -> None:
    home = world.vendor.hook.settings.base_url
    deferral = world.defer()
    world.vendor.moves_to(THERE)
    with pytest.raises(AirflowFailException, match=MOVED) as caught:
        world.resume(deferral, states={"278": end})
    assert caught.value.job_id == "278" and caught.value.paid is True  # type: ignore[attr-defined]
    assert not world.vendor.polled and world.entry["state"] == "running"
    world.vendor.moves_to(home)
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("what", ["deleted", "adopted by its bare id"])
def test_it_moves_while_the_entry_does_not_say_where_it_was(one: World, what: str) -> None:
    deferral = one.defer()
    assert one.store is not None
    one.store.delete("faceswap") if what == "deleted" else one.store.set("faceswap", "278")
    one.vendor.moves_to(THERE)
    with pytest.raises(AirflowFailException, match=MOVED):
        one.resume(deferral, states={"278": "success"})
    assert not one.vendor.polled


def test_a_deferral_that_airflow_cut_off_does_not_poll_another_host(one: World) -> None:
    one.defer()
    one.vendor.moves_to(THERE)
    with pytest.raises(AirflowFailException, match=MOVED):
        one.operator.resume_execution("__fail__", {"error": "Trigger failure"}, one.context)
    assert not one.vendor.polled


def test_the_trigger_knows_where_the_job_was_bought(one: World) -> None:
    assert one.defer().trigger.jobs[0]["base_url"] == one.vendor.hook.settings.base_url


def test_a_job_adopted_while_deferred_belongs_to_its_inputs_from_then_on(one: World) -> None:
    deferral = one.defer()
    assert one.store is not None
    one.store.set("faceswap", "278")
    assert one.resume(deferral, states={"278": "success"})["status"] == "success"
    with pytest.raises(AirflowFailException, match="other inputs"):
        one.start(media=OTHER)
    one.clear()
    one.start(on_clear="resubmit")
    assert one.vendor.accepted == 2


def test_an_unknown_job_fails_the_try_and_stays_what_it_is(world: World) -> None:
    world.vendor.polls = [job(UNKNOWN, message="Request not found")] * 3
    with pytest.raises(AirflowException, match="does not know job 278: Request not found") as caught:
        world.start()
    assert isinstance(caught.value, JobUnknownError) and not isinstance(caught.value, AirflowFailException)
    assert world.entry["state"] == "running"
    assert "delete the key 'faceswap'" in str(caught.value)
    assert sum(world.clock.slept) >= 60


@pytest.mark.parametrize("cleared", [True, False])
def test_a_job_that_was_unknown_is_asked_for_again(world: World, cleared: bool) -> None:
    world.vendor.polls = [job(UNKNOWN)] * 3
    with pytest.raises(AirflowException):
        world.start()
    if cleared:
        world.clear()
    assert world.start()["status"] == "success"
    assert world.vendor.accepted == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_an_unknown_job_is_not_bought_again_by_a_plain_clear(one: World, deferrable: bool) -> None:
    one.vendor.polls = [job(UNKNOWN)] * 3
    with pytest.raises(AirflowException):
        one.start()
    one.clear()
    one.vendor.polls = [job(UNKNOWN)] * 4
    with pytest.raises(AirflowException, match="does not know job 278"):
        if deferrable:
            one.resume(one.defer(), states={"278": "unknown"})
        else:
            one.start()
    assert one.vendor.accepted == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_an_unknown_job_is_bought_again_by_the_explicit_act(
    one: World, deferrable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    one.vendor.polls = [job(UNKNOWN)] * 3
    with pytest.raises(AirflowException):
        one.start(on_clear="resubmit")
    one.vendor.polls = [job(UNKNOWN)] * 3
    with pytest.raises(AirflowException):
        one.start(on_clear="resubmit")
    assert one.vendor.accepted == 1, "a retry is no explicit act"
    one.clear()
    one.vendor.polls = [job(UNKNOWN)] * (2 if deferrable else 3)
    one.vendor.submissions = [job(PROCESSING, job_id="279")]
    if deferrable:
        deferral = one.defer(on_clear="resubmit")
        with pytest.raises(TaskDeferred):
            one.resume(deferral, states={"278": "unknown"})
        assert one.start(deferrable=True)["job_id"] == "279"
    else:
        assert one.start(on_clear="resubmit")["job_id"] == "279"
    assert [left["job_id"] for left in one.entry["left"]] == ["278"]
    assert one.vendor.accepted == 2 and "buying it again, as on_clear='resubmit' says" in caplog.text


def test_a_worker_that_cannot_poll_does_not_buy_again_on_a_triggers_word(one: World) -> None:
    one.die(on_clear="resubmit")
    one.clear()
    one.vendor.polls = [job(PROCESSING)]
    deferral = one.defer(on_clear="resubmit")
    one.vendor.polls = [PollError("HTTP 502")]
    with pytest.raises(AirflowException, match="gives no clear answer"):
        one.resume(deferral, states={"278": "unknown"})
    assert one.vendor.accepted == 1


def test_a_job_that_is_unknown_once_is_no_verdict(world: World) -> None:
    world.vendor.polls = [job(UNKNOWN), job(PROCESSING), job()]
    assert world.start()["status"] == "success"


def test_a_finished_job_without_a_link_says_so_at_once(one: World) -> None:
    said = "finished, and its answer holds no http(s) link"
    one.vendor.polls = [job(JobState.NO_RESULT, output=(), message=said)]
    with pytest.raises(AirflowException) as caught:
        one.start(timeout=3600)
    assert str(caught.value).startswith(f"modelslab job 278: {said}; it is paid")
    assert sum(one.clock.slept) < 10 and one.entry["state"] == "running"


def test_killed_again_and_again(one: World) -> None:
    for step in (Killed, PollError("HTTP 502"), Killed):
        polls: list[Any] = [step() if isinstance(step, type) else step, Killed()]
        one.vendor.polls = polls
        with pytest.raises(Killed):
            one.start()
    one.vendor.polls = []
    assert one.start()["status"] == "success"
    assert one.vendor.accepted == 1


def test_a_deferral_that_is_cut_off_after_a_clear_of_another_task_buys_nothing(one: World) -> None:
    """A clear of any task counts for the whole run; this one's arguments were edited meanwhile."""
    one.vendor.submissions = [job(PROCESSING), job(PROCESSING, job_id="279")]
    one.defer()
    one.clear_number += 1
    one.operator = one.make("https://example.com/edited.mp4", deferrable=True)
    one.context = context(
        one.store, try_number=one.try_number, max_tries=one.max_tries, clear_number=one.clear_number
    )
    result = one.operator.resume_execution("__fail__", {"error": "Trigger failure"}, one.context)
    assert result["job_id"] == "278" and one.vendor.accepted == 1
