"""Clocks that disagree, and deadlines that have passed."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from tests.batch.world import BatchWorld, TakenError, rows

CLIP = rows(1)[0]["target"]


def test_a_worker_whose_clock_is_behind_buys_nothing_in_silence(world: BatchWorld) -> None:
    world.vendor.states[CLIP] = JobState.FAILED
    with pytest.raises(AirflowFailException):
        world.start(rows(1))
    world.vendor.states = {}
    world.next_run()
    world.clock.seconds -= 600
    world.die(rows(1), "polls")
    world.next_run()
    assert world.start(rows(1))["succeeded"] == 1
    assert world.vendor.bought[CLIP] == 2


def test_a_later_run_s_deadline_lasts_over_its_deferrals(world: BatchWorld) -> None:
    world.vendor.states = {CLIP: JobState.PROCESSING}
    with pytest.raises(AirflowException, match="1 unfinished"):
        world.start(rows(1), timeout=60)
    world.next_run()
    world.clock.seconds += 1000
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(1), deferrable=True, timeout=600)
    world.clock.seconds += 60
    with pytest.raises(TaskDeferred):
        world.resume(deferral.value)


@pytest.mark.parametrize("again", ["clear", "next_run"])
def test_a_doubt_can_be_accepted_after_its_deadline(world: BatchWorld, again: str) -> None:
    world.vendor.answers_to = {CLIP: [TakenError("cut")]}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1))
    world.clock.seconds += 100_000
    getattr(world, again)()
    assert world.start(rows(1), on_in_doubt="resubmit")["succeeded"] == 1


def test_airflow_s_retry_submits_no_doubt_after_its_deadline(world: BatchWorld) -> None:
    world.vendor.answers_to = {CLIP: [TakenError("cut")]}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1))
    world.clock.seconds += 100_000
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1), on_in_doubt="resubmit")
