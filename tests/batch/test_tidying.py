"""What a batch leaves below ``_faceswap``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_faceswap.batch.manifest import read_manifest
from airflow_provider_faceswap.exceptions import RefusedError
from airflow_provider_faceswap.storage.places import LocalPlace
from tests.batch.world import BatchWorld, rows


def refuse_the_first(world: BatchWorld) -> None:
    world.vendor.answers_to = {rows(1)[0]["target"]: [RefusedError("no face", final=True)]}


def left(world: BatchWorld) -> set[str]:
    return {path.name for path in (world.folder / "_faceswap").rglob("*") if path.is_file()}


def test_a_batch_that_succeeded_leaves_its_manifest_and_no_lists(world: BatchWorld) -> None:
    refuse_the_first(world)
    summary = world.start(rows(20), max_failed=1)
    assert not left(world)
    assert len(list(read_manifest(summary["manifest"]))) == 20
    world.clear()
    assert world.start(rows(20))["succeeded"] == 20
    assert len(world.vendor.jobs) == 20 and not left(world)


def test_a_batch_that_failed_keeps_its_list_for_the_next_try(world: BatchWorld) -> None:
    refuse_the_first(world)
    with pytest.raises(AirflowFailException):
        world.start(rows(3))
    assert "items-0.jsonl" in left(world)
    world.clear()
    assert world.start(rows(3))["succeeded"] == 3
    assert not left(world), "the lists of earlier tries included"


@pytest.mark.parametrize("before", ["write manifest.jsonl", "remove items", "remove jobs", "remove claim"])
def test_a_kill_at_the_end_loses_nothing(world: BatchWorld, before: str) -> None:
    world.die(rows(3), before)
    if before == "write manifest.jsonl":
        assert {"items-0.jsonl", "jobs.jsonl"} <= left(world), "not before the merge"
    else:
        assert [line["status"] for line in world.lines] == ["success"] * 3
    assert world.start(rows(3))["succeeded"] == 3
    assert sorted(world.vendor.bought.values()) == [1, 1, 1]
    assert not left(world)


def test_a_list_that_cannot_be_deleted_does_not_fail_the_task(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LocalPlace.remove

    def remove(place: LocalPlace, name: str) -> None:
        if name.startswith("items"):
            raise OSError("read-only")
        real(place, name)

    monkeypatch.setattr(LocalPlace, "remove", remove)
    assert world.start(rows(3))["succeeded"] == 3
    assert Path(world.folder, "manifest.jsonl").exists()


def test_validate_only_leaves_the_list_of_a_running_batch(world: BatchWorld) -> None:
    world.die(rows(3), "polls")
    before = left(world)
    world.start(rows(3), validate_only=True)
    assert left(world) == before


@pytest.mark.parametrize("durable", [True, False])
def test_a_run_that_was_deleted_leaves_no_list_to_one_of_the_same_name(
    world: BatchWorld, durable: bool
) -> None:
    """A person deletes a run that has bought the wrong rows, and the scheduler makes it again."""
    world.retries = 2 if durable else 0
    if not durable:
        world.store = None  # type: ignore[assignment]
    refuse_the_first(world)
    with pytest.raises(AirflowFailException):
        world.start(rows(3), max_failed=0, max_active_jobs=1)
    before = len(world.vendor.jobs)
    world.run_again_after_it_was_deleted(durable=durable)
    corrected = rows(2, start=10)
    assert world.start(corrected)["total"] == 2
    assert set(world.vendor.bought) >= {row["target"] for row in corrected}
    assert len(world.vendor.jobs) == before + 2


@pytest.mark.parametrize("ended", ["failed", "succeeded"])
@pytest.mark.parametrize("durable", [True, False])
def test_a_run_that_is_made_again_is_a_later_run(world: BatchWorld, durable: bool, ended: str) -> None:
    """One that succeeded has left no list; it buys what had failed, and nothing else again."""
    world.retries = 2 if durable else 0
    if not durable:
        world.store = None  # type: ignore[assignment]
    refuse_the_first(world)
    if ended == "failed":
        with pytest.raises(AirflowFailException):
            world.start(rows(3), max_failed=0)
    else:
        world.start(rows(3), max_failed=1)
    world.run_again_after_it_was_deleted(durable=durable)
    summary = world.start(rows(3))
    assert summary["succeeded"] == 3 and summary["reused"] == len(world.vendor.jobs) - 1
    assert set(world.vendor.bought.values()) == {1}


@pytest.mark.parametrize(("durable", "first"), [(True, 0), (False, 1)])
def test_a_start_is_named_as_earlier_versions_name_it(world: BatchWorld, durable: bool, first: int) -> None:
    """Workers of two versions may run the same batch one after the other."""
    world.retries = 2 if durable else 0
    if not durable:
        world.store = None  # type: ignore[assignment]
    for number in (first, first + 1):
        refuse_the_first(world)
        with pytest.raises(AirflowFailException):
            world.start(rows(3), max_failed=0, on_clear="resubmit")
        lines = (world.folder / "manifest.jsonl").read_text().splitlines()
        names = {json.loads(line)["journal"]["by"].partition(".")[2] for line in lines}
        assert str(number) in names and (world.folder / "_faceswap").rglob(f"items-{number}.jsonl")
        world.clear()
