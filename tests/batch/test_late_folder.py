"""A folder that shows late what was written: nothing is bought again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.batch.manifest import MANIFEST, MANY, Ledger
from airflow_provider_faceswap.exceptions import RefusedForNowError
from airflow_provider_faceswap.storage.places import LocalPlace
from tests.batch.world import WOKEN, BatchWorld, TakenError, defer, rows


@contextmanager
def parts_hidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mount with a cache of directories shows a new part only minutes later."""
    real = LocalPlace.size

    def size(place: LocalPlace, name: str) -> int | None:
        return None if place.url.endswith("/parts") else real(place, name)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_names", lambda ledger: [])
        patch.setattr(LocalPlace, "size", size)
        yield


def test_a_folder_that_does_not_show_the_newest_parts_buys_nothing(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferral = defer(world, 3)
    with (
        parts_hidden(monkeypatch),
        pytest.raises(AirflowException, match=r"does not show .* nothing was sent") as caught,
    ):
        world.resume(deferral, WOKEN)
    assert not isinstance(caught.value, AirflowFailException)
    world.vendor.states = {}
    assert world.start(rows(3))["succeeded"] == 3
    assert sorted(world.vendor.bought.values()) == [1] * 3


@pytest.mark.parametrize("gone", ["store", "head"])
def test_so_it_is_where_nothing_is_kept(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    """Airflow below 3.3; or a person deleted the key. The list of the jobs is read by its name."""
    if gone == "store":
        world.store = None  # type: ignore[assignment]
    deferral = defer(world, 3, retries=0)
    if gone == "head":
        world.store.delete("faceswap")
    with (
        parts_hidden(monkeypatch),
        pytest.raises(AirflowException, match="does not show 3 of 3 running jobs"),
    ):
        world.resume(deferral, WOKEN)
    assert sorted(world.vendor.bought.values()) == [1] * 3


def test_a_manifest_that_is_not_shown_is_missed(world: BatchWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start(rows(2))
    world.next_run()
    deferral = defer(world, 3)
    real = LocalPlace.size
    with monkeypatch.context() as patch, pytest.raises(AirflowException, match="was there, and is not shown"):
        patch.setattr(LocalPlace, "size", lambda place, name: None if name == MANIFEST else real(place, name))
        world.resume(deferral, WOKEN)
    world.vendor.states = {}
    assert world.resume(deferral, WOKEN)["succeeded"] == 3
    assert sorted(world.vendor.bought.values()) == [1] * 3


def at_once(world: BatchWorld) -> Callable[[Any], Job]:
    """Return what answers submissions with their results."""

    def answer(request: Any) -> Job:
        job_id = world.vendor._take(request).job_id
        return Job(job_id=job_id, state=JobState.SUCCESS, output=(f"https://cdn.example.com/{job_id}.mp4",))

    return answer


def test_the_names_of_very_many_parts_are_few(world: BatchWorld) -> None:
    """Of a vendor that answers at once; the last row is refused for now."""
    items = rows(640)
    world.vendor.answers_to = {items[-1]["target"]: [RefusedForNowError("queue full")]}
    world.vendor.double.send.side_effect = at_once(world)
    with pytest.raises(TaskDeferred):
        world.start(items, deferrable=True, max_active_jobs=1000)
    assert len(world.store.get("faceswap")["parts"]) <= MANY


def test_parts_that_are_only_not_listed_are_read_by_their_names(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    deferral = defer(world, 3)
    monkeypatch.setattr(Ledger, "_names", lambda ledger: [])
    world.vendor.states = {}
    assert world.resume(deferral, WOKEN)["succeeded"] == 3
    assert sorted(world.vendor.bought.values()) == [1] * 3


def refused_once_all_is_done(world: BatchWorld) -> TaskDeferred:
    """Return the pause of a batch whose first row is done, and whose second one is refused for now."""
    first, second = rows(2)
    world.vendor.answers_to = {second["target"]: [RefusedForNowError("queue full")] * 2}
    deferral = defer(world, 2, max_active_jobs=1)
    world.vendor.states = {}
    with pytest.raises(TaskDeferred) as caught:
        world.resume(deferral, WOKEN)
    assert caught.value.method_name == "execute_again" and world.vendor.bought[first["target"]] == 1
    return caught.value


def test_a_pause_after_a_refusal_forgets_nothing_either(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = refused_once_all_is_done(world)
    with parts_hidden(monkeypatch), pytest.raises(AirflowException, match="does not show"):
        world.resume(pause)
    with pytest.raises(TaskDeferred):
        world.resume(pause)
    assert list(world.vendor.bought.values()) == [1]


def test_a_job_that_was_dropped_and_then_refused_for_now(world: BatchWorld) -> None:
    (row,) = rows(1)
    deferral = defer(world, 1)
    world.vendor.states = {row["target"]: JobState.CONGESTED}
    world.vendor.answers_to = {row["target"]: [RefusedForNowError("queue full")]}
    with pytest.raises(TaskDeferred) as caught:
        world.resume(deferral, WOKEN)
    world.vendor.states = {row["target"]: JobState.PROCESSING}
    with pytest.raises(TaskDeferred) as again:
        world.resume(caught.value)
    world.vendor.states = {}
    assert world.resume(again.value, WOKEN)["succeeded"] == 1
    assert len(world.vendor.jobs) == 2


def test_a_doubt_is_not_taken_for_what_was_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither has an id. The line of the refusal is shown, that of the doubt is not yet."""
    world = BatchWorld(tmp_path / "out", monkeypatch, "aifaceswap")
    world.store = None  # type: ignore[assignment]
    clip = "https://a.example/clip-0.mp4"
    item = {"source_video": clip, "face_image": "https://a.example/face.jpg", "duration": 5}
    world.vendor.answers_to = {clip: [RefusedForNowError("queue full"), TakenError("cut")]}
    with pytest.raises(TaskDeferred) as pause:
        world.start([item], deferrable=True, retries=0, operation="video_faceswap", in_doubt_wait=600)
    shown = set((world.folder / "_faceswap/parts").iterdir())
    with pytest.raises(TaskDeferred) as caught:
        world.resume(pause.value)
    real = Ledger._names
    monkeypatch.setattr(
        Ledger, "_names", lambda ledger: sorted({path.name for path in shown} & set(real(ledger)))
    )
    with pytest.raises(AirflowException, match="does not show 1 of 1 running jobs"):
        world.resume(caught.value, WOKEN)
    assert list(world.vendor.bought.values()) == [1]


def test_a_list_of_jobs_that_cannot_be_deleted_stops_no_batch(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LocalPlace.remove

    def denied(place: LocalPlace, name: str) -> None:
        if name == "jobs.jsonl":
            raise PermissionError("write, but not delete")
        real(place, name)

    monkeypatch.setattr(LocalPlace, "remove", denied)
    test_a_job_that_was_dropped_and_then_refused_for_now(world)


def test_without_a_store_a_pause_makes_no_part_of_all_parts(world: BatchWorld) -> None:
    """Nothing would know its name, and a folder that does not show it yet would hide all that was bought."""
    world.store = None  # type: ignore[assignment]
    items = rows(400)
    world.vendor.answers_to = {items[-1]["target"]: [RefusedForNowError("queue full")]}
    world.vendor.double.send.side_effect = at_once(world)
    with pytest.raises(TaskDeferred):
        world.start(items, deferrable=True, retries=0, max_active_jobs=1000)
    assert len(list((world.folder / "_faceswap/parts").iterdir())) > MANY
