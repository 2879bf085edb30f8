"""Clocks that disagree, and deadlines that have passed."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_faceswap.apis.job import JobState
from tests.batch.world import BatchWorld, rows

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
