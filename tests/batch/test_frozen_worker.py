"""A worker that freezes, and wakes after another task has taken its folder over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.batch.block import ItemInputs
from airflow_provider_faceswap.exceptions import NotSentError
from tests.batch.world import BatchWorld, rows


def another_run(world: BatchWorld, **terms: Any) -> Any:
    """Let Airflow call the task failed, and the next run do the same work."""
    world.ended[world.run_id] = "failed"
    world.next_run()
    return world.start(rows(2), **terms)


@pytest.fixture
def meanwhile(world: BatchWorld) -> Callable[[Callable[[], Any]], Callable[[], None]]:
    """Return what does something once, as if the caller were frozen for that time."""

    def of(act: Callable[[], Any]) -> Callable[[], None]:
        left = [act]

        def once() -> None:
            if left:
                left.pop()()

        return once

    return of


def test_a_worker_that_froze_while_it_looked_at_media_pays_for_nothing(
    world: BatchWorld, meanwhile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, froze, store = ItemInputs.request, meanwhile(lambda: another_run(world)), world.store

    def request(inputs: ItemInputs) -> Any:
        froze()
        return real(inputs)

    monkeypatch.setattr(ItemInputs, "request", request)
    with pytest.raises(NotSentError, match="no longer this task's"):
        world.start(rows(2), max_active_jobs=1)
    assert world.statuses == ["success", "success"]
    # Nor does its journal know better, once a person clears it.
    world.run_id, world.store, world.try_number = "run_1", store, 1
    world.clear()
    assert world.start(rows(2))["reused"] == 2
    assert sorted(world.vendor.bought.values()) == [1, 1]


def test_what_a_frozen_worker_was_about_to_submit_is_in_doubt_for_the_next(
    world: BatchWorld, meanwhile: Any
) -> None:
    """Nobody can stop a request whose process wakes up; but the next task knows of it."""
    said: list[str] = []

    def next_task() -> None:
        with pytest.raises(AirflowFailException, match="in doubt") as caught:
            another_run(world)
        said.append(str(caught.value))

    froze, real = meanwhile(next_task), world.happens

    def happens(what: str) -> None:
        if what == "post":
            froze()
        real(what)

    world.happens = happens  # type: ignore[method-assign]
    with pytest.raises(AirflowException):
        world.start(rows(2), max_active_jobs=1)
    assert said[0].startswith("1 in doubt, 1 not sent of 2")
    assert len(world.vendor.jobs) == 1
    world.next_run()
    assert world.start(rows(2))["succeeded"] == 2
    assert sorted(world.vendor.bought.values()) == [1, 1]


def test_a_worker_that_froze_before_its_end_does_not_overwrite_the_manifest(
    world: BatchWorld, meanwhile: Any
) -> None:
    def next_task() -> None:
        assert another_run(world, overwrite=True)["succeeded"] == 2

    froze, real = meanwhile(next_task), world.vendor.poll_all

    def poll_all(tickets: Any) -> Any:
        answers = real(tickets)
        froze()
        return answers

    world.vendor.poll_all = poll_all  # type: ignore[method-assign]
    with pytest.raises(NotSentError, match="no longer this task's"):
        world.start(rows(2))
    bought = set(world.vendor.jobs)
    world.next_run()
    assert world.start(rows(2))["reused"] == 2
    assert set(world.vendor.jobs) == bought


def test_intents_of_a_worker_that_lost_the_folder_are_no_doubts(
    world: BatchWorld, meanwhile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def next_task() -> None:
        (world.folder / "_faceswap/claim.json").unlink()

    froze, real = meanwhile(next_task), ItemInputs.request

    def request(inputs: ItemInputs) -> Any:
        froze()
        return real(inputs)

    monkeypatch.setattr(ItemInputs, "request", request)
    with pytest.raises(NotSentError, match="its claim was deleted"):
        world.start(rows(2))
    assert not world.vendor.sent
    world.next_run()
    assert world.start(rows(2))["succeeded"] == 2
