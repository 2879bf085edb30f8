"""A connection that fails for good stops the batch with one sentence, however few jobs run at once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.exceptions import AuthenticationError, InDoubtError, RefusedError
from tests.batch.world import BatchWorld, TakenError, rows

MANY = 60


@pytest.fixture(autouse=True)
def time_passes(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """No two submissions are made in the same moment."""
    moments = itertools.count()
    monkeypatch.setattr(world.clock, "time", lambda: world.clock.seconds + next(moments) / 1000)


def answer_all(world: BatchWorld, answer: Any, but: int = -1) -> None:
    clips = [row["target"] for row in rows(MANY)]
    world.vendor.answers_to = {clip: [answer] * 9 for number, clip in enumerate(clips) if number != but}


@pytest.mark.parametrize("most", [1, 3, 7, 16, 60])
def test_the_same_refusal_again_and_again_stops_the_batch(world: BatchWorld, most: int) -> None:
    answer_all(world, RefusedError("403 Forbidden"))
    with pytest.raises(AirflowFailException, match="the last 16 submissions were all refused: 403 Forbidden"):
        world.start(rows(MANY), max_failed=1.0, max_active_jobs=most)
    assert 16 <= len(world.vendor.sent) < 16 + most
    assert world.statuses.count("not_sent") == MANY - len(world.vendor.sent)


@pytest.mark.parametrize("most", [1, 3, 16])
def test_submissions_that_are_all_in_doubt_stop_the_batch(world: BatchWorld, most: int) -> None:
    answer_all(world, InDoubtError("a proxy's page"))
    with pytest.raises(AirflowFailException, match="the last 8 submissions are all in doubt"):
        world.start(rows(MANY), max_failed=1.0, max_active_jobs=most)
    assert 8 <= len(world.vendor.sent) <= 8 + most


@pytest.mark.parametrize(
    "refusal", [AuthenticationError("401: the key is wrong"), RefusedError("402: no credits", account=True)]
)
def test_a_refused_account_stops_the_batch_at_once(world: BatchWorld, refusal: Exception) -> None:
    answer_all(world, refusal)
    with pytest.raises(AirflowFailException, match=str(refusal)):
        world.start(rows(MANY), max_failed=1.0, max_active_jobs=1)
    assert len(world.vendor.sent) == 1
    assert world.statuses == ["not_sent"] * MANY


def test_refusals_in_other_words_are_about_the_items(world: BatchWorld) -> None:
    for number, row in enumerate(rows(MANY)):
        world.vendor.answers_to[row["target"]] = [RefusedError(f"no face in picture {number}", final=True)]
    assert world.start(rows(MANY), max_failed=1.0, max_active_jobs=4)["failed"] == MANY


def test_one_row_that_is_taken_shows_that_the_vendor_works(world: BatchWorld) -> None:
    answer_all(world, RefusedError("no face"), but=12)
    assert world.start(rows(25), max_failed=1.0, max_active_jobs=1)["failed"] == 24


def test_the_doubts_of_a_killed_worker_do_not_stop_the_next_try(world: BatchWorld) -> None:
    world.die(rows(20), "answer", max_active_jobs=16, max_failed=1.0)
    summary = world.start(rows(20), max_active_jobs=16, max_failed=1.0)
    assert (summary["succeeded"], summary["in_doubt"]) == (4, 16)


@pytest.mark.parametrize("durable", [True, False])
def test_a_pattern_is_seen_over_deferrals(world: BatchWorld, durable: bool) -> None:
    """Nobody knows then when the try has begun, where Airflow keeps no state of tasks."""
    if not durable:
        world.store = None  # type: ignore[assignment]
        world.retries = world.max_tries = 0
    world.vendor.nonce = "n0nce"
    answer_all(world, TakenError("cut"))
    terms = {"max_failed": 1.0, "max_active_jobs": 5, "in_doubt_wait": 15, "deferrable": True}
    with pytest.raises(TaskDeferred) as caught:
        world.start(rows(MANY), **terms)
    deferral = caught.value
    with pytest.raises(AirflowFailException, match="the last 8 submissions are all in doubt"):
        for _ in range(MANY):
            world.clock.seconds += 60
            try:
                world.resume(deferral, {"problem": "nobody knows what ended"})
            except TaskDeferred as again:
                deferral = again
    assert len(world.vendor.sent) == 10


def test_a_pattern_is_seen_although_the_task_deferred_between(world: BatchWorld) -> None:
    """Callbacks could settle each of these doubts, and none comes."""
    world.vendor.nonce = "n0nce"
    answer_all(world, TakenError("cut"))
    with pytest.raises(AirflowFailException, match="the last 8 submissions are all in doubt"):
        world.start(rows(MANY), max_failed=1.0, max_active_jobs=5, in_doubt_wait=15)
    assert len(world.vendor.sent) == 10
