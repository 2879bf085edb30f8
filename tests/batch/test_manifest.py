"""The parts of a manifest while a batch runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.claim import Claim
from airflow_provider_faceswap.batch.manifest import MANY, read_manifest
from airflow_provider_faceswap.exceptions import NotSentError
from airflow_provider_faceswap.storage.places import LocalPlace
from tests.batch.world import BatchWorld, rows


def parts(world: BatchWorld) -> list[Path]:
    return list((world.folder / "_faceswap/parts").glob("*.jsonl"))


@pytest.fixture
def in_the_middle(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many parts there are each time that the batch waits."""
    found: list[int] = []

    def batch_trigger(**_: Any) -> Any:
        found.append(len(parts(world)))
        return world.vendor

    monkeypatch.setattr(world.vendor, "batch_trigger", batch_trigger)
    return found


def test_many_small_parts_become_one(world: BatchWorld, in_the_middle: list[int]) -> None:
    assert world.start(rows(200), max_active_jobs=5)["succeeded"] == 200
    assert len(in_the_middle) == 40 and max(in_the_middle) <= MANY
    assert sorted(world.vendor.bought.values()) == [1] * 200


@pytest.fixture
def crowded(world: BatchWorld) -> TaskDeferred:
    """A batch that waits, and whose folder has many parts."""
    world.vendor.states = dict.fromkeys((row["target"] for row in rows(3)), JobState.PROCESSING)
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(3), deferrable=True)
    (part,) = parts(world)
    for number in range(MANY):
        (part.parent / f"{number}.jsonl").write_bytes(part.read_bytes())
    return deferral.value


def test_parts_are_made_one_before_each_deferral(world: BatchWorld, crowded: TaskDeferred) -> None:
    with pytest.raises(TaskDeferred):
        world.resume(crowded)
    assert len(parts(world)) == 1
    assert [line["status"] for line in read_manifest(f"file://{world.folder}")] == ["unfinished"] * 3


def test_a_task_that_lost_the_folder_leaves_the_parts(
    world: BatchWorld, crowded: TaskDeferred, monkeypatch: pytest.MonkeyPatch
) -> None:
    def confirm(claim: Claim) -> None:
        raise NotSentError("taken over")

    monkeypatch.setattr(Claim, "confirm", confirm)
    with pytest.raises(NotSentError, match="taken over"):
        world.resume(crowded)
    assert len(parts(world)) == MANY + 1


def test_parts_that_cannot_be_made_one_do_not_stop_the_batch(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch, in_the_middle: list[int]
) -> None:
    real, begun = LocalPlace.write, set()

    def write(place: LocalPlace, name: str, content: bytes) -> None:
        if place.url.endswith("/parts") and name not in begun and content.count(b"\n") > 16:
            raise OSError("no space left")
        begun.add(name)
        real(place, name, content)

    monkeypatch.setattr(LocalPlace, "write", write)
    assert world.start(rows(200), max_active_jobs=5)["succeeded"] == 200
    assert max(in_the_middle) > MANY


def test_a_manifest_that_is_too_large_is_never_read_in_part(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start(rows(3))
    world.next_run()
    monkeypatch.setattr("airflow_provider_faceswap.batch.manifest.MAX_PART", 1000)
    with pytest.raises(
        AirflowFailException, match=r"manifest\.jsonl has \d+ bytes, .*: give another output_path"
    ):
        world.start(rows(3))
    assert len(world.vendor.jobs) == 3
