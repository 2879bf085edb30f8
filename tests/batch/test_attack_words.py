"""What people write about items in doubt, and when it counts."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import JournalError
from tests.batch.world import BatchWorld, TakenError, rows

CLIP = rows(1)[0]["target"]


@pytest.fixture
def key(world: BatchWorld) -> str:
    """The state's key of an item in doubt, whose job is 1000."""
    world.vendor.answers_to = {CLIP: [TakenError("cut")]}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1))
    world.clear()
    return f"faceswap/{world.lines[0]['key']}"


def test_an_adopted_job_stays_adopted_after_a_deferral(world: BatchWorld, key: str) -> None:
    world.store.set(key, "1000")
    world.clock.seconds += 100_000
    world.vendor.states = {CLIP: JobState.PROCESSING}
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(1), deferrable=True)
    world.vendor.states = {}
    assert world.resume(deferral.value)["succeeded"] == 1
    assert world.vendor.bought[CLIP] == 1
    assert key not in world.store.kept


def test_a_word_counts_for_one_doubt(world: BatchWorld, key: str) -> None:
    world.store.set(key, "resubmit")
    world.die(rows(1), "answer")
    world.clock.seconds += 500
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(1))
    assert world.vendor.bought[CLIP] == 2


def test_what_is_no_id_is_refused_with_its_key(world: BatchWorld, key: str) -> None:
    world.store.set(key, "job 1000")
    with pytest.raises(JournalError, match=f"key '{key}' must be a job's id"):
        world.start(rows(1))
