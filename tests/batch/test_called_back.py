"""Submissions in doubt that callbacks settle."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.exceptions import RefusedForNowError
from tests.batch.world import BatchWorld, TakenError, rows


@pytest.fixture
def inbox(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """What callbacks name, by the nonces of submissions; the answer to the second one is lost."""
    named: dict[str, set[str]] = {}
    media = [row["target"] for row in rows(3)]

    def addressed(request: Any, deadline: float) -> tuple[Any, str]:
        return request, f"nonce-{media.index(request.init_video)}"

    def answers_all(tickets: Any, *, certain: bool = False) -> list[set[str]]:
        return [named.get(ticket.nonce, set()) for ticket in tickets]

    monkeypatch.setattr(world.vendor, "addressed", addressed)
    monkeypatch.setattr(world.vendor, "answers_all", answers_all)
    world.vendor.answers_to[media[1]] = [TakenError("cut")]
    return named


def job_in_doubt(world: BatchWorld) -> str:
    """Return the job whose id nobody was told."""
    return next(job for job, media in world.vendor.jobs.items() if media == rows(3)[1]["target"])


def test_a_callback_settles_a_doubt_after_a_deferral(world: BatchWorld, inbox: dict[str, set[str]]) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(3), deferrable=True)
    inbox["nonce-1"] = {job_in_doubt(world)}
    assert world.resume(deferral.value)["succeeded"] == 3
    assert sorted(world.vendor.bought.values()) == [1, 1, 1]


def test_a_callback_counts_after_the_wait_for_it_is_over(
    world: BatchWorld, inbox: dict[str, set[str]]
) -> None:
    terms = {"deferrable": True, "on_in_doubt": "resubmit", "in_doubt_wait": 60}
    with pytest.raises(TaskDeferred):
        world.start(rows(3), **terms)
    inbox["nonce-1"] = {job_in_doubt(world)}
    world.clock.seconds += 100
    assert world.start(rows(3), **terms)["succeeded"] == 3
    assert sorted(world.vendor.bought.values()) == [1, 1, 1]


def test_the_log_names_the_row_that_is_in_doubt(
    world: BatchWorld, inbox: dict[str, set[str]], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TaskDeferred):
        world.start(rows(3), deferrable=True)
    assert "Row 1: submission in doubt: cut" in caplog.text
    assert "Row 1: modelslab took" not in caplog.text


def test_callbacks_of_several_jobs_settle_nothing(world: BatchWorld, inbox: dict[str, set[str]]) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(3), deferrable=True)
    inbox["nonce-1"] = {"1", "2"}
    with pytest.raises(AirflowFailException, match="name the jobs 1, 2"):
        world.resume(deferral.value)


def test_no_callback_settles_a_doubt_where_a_person_shall(
    world: BatchWorld, inbox: dict[str, set[str]]
) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(3), deferrable=True, adopt_from_callback=False)
    inbox["nonce-1"] = {job_in_doubt(world)}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.resume(deferral.value)


def test_no_callback_is_waited_for_past_the_deadline(world: BatchWorld, inbox: dict[str, set[str]]) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(3), deferrable=True, timeout=30, in_doubt_wait=600)
    world.clock.seconds += 40
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.resume(deferral.value)


def test_no_doubt_is_paid_again_whose_callbacks_name_several_jobs(
    world: BatchWorld, inbox: dict[str, set[str]]
) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(3), deferrable=True, on_in_doubt="resubmit")
    inbox["nonce-1"] = {"1", "2"}
    with pytest.raises(AirflowFailException, match="name the jobs 1, 2"):
        world.resume(deferral.value)
    assert sorted(world.vendor.bought.values()) == [1, 1, 1]


def test_a_callback_is_awaited_though_the_row_was_refused_before(
    world: BatchWorld, inbox: dict[str, set[str]]
) -> None:
    clips = [row["target"] for row in rows(3)]
    world.vendor.answers_to[clips[1]] = [RefusedForNowError("queue full"), TakenError("cut")]

    def on_taken(media: str, job_id: str) -> None:
        inbox[f"nonce-{clips.index(media)}"] = {job_id}

    world.on_taken = on_taken  # type: ignore[method-assign]
    assert world.start(rows(3))["succeeded"] == 3


def test_a_block_of_doubts_waits_for_its_callbacks(
    world: BatchWorld, inbox: dict[str, set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    items = rows(16)
    media = [row["target"] for row in items]
    monkeypatch.setattr(
        world.vendor,
        "addressed",
        lambda request, deadline: (request, f"nonce-{media.index(request.init_video)}"),
    )
    world.vendor.answers_to = {clip: [TakenError("cut")] for clip in media}
    with pytest.raises(TaskDeferred) as deferral:
        world.start(items, deferrable=True, max_active_jobs=16)
    for job_id, clip in world.vendor.jobs.items():
        inbox[f"nonce-{media.index(clip)}"] = {job_id}
    assert world.resume(deferral.value)["succeeded"] == 16
    assert sorted(world.vendor.bought.values()) == [1] * 16
