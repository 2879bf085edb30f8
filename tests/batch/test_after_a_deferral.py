"""What a start of a batch found out is still known when its task resumes, which is another process."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.book import Book
from airflow_provider_faceswap.exceptions import RefusedForNowError
from tests.batch.world import WOKEN, BatchWorld, TakenError, defer, rows
from tests.fakes import Killed


def test_the_new_deadline_of_a_clear(world: BatchWorld) -> None:
    deferral = defer(world, 1, timeout=100)
    world.clock.seconds += 200
    with pytest.raises(AirflowException, match="not finished at its deadline"):
        world.resume(deferral, WOKEN)
    world.clear()
    deferral = defer(world, 1, timeout=100)
    world.clock.seconds += 20
    with pytest.raises(TaskDeferred):
        world.resume(deferral, WOKEN)


@pytest.mark.parametrize("again", ["retry", "next run"])
def test_that_a_file_is_gone(world: BatchWorld, again: str) -> None:
    world.die(rows(2), "write manifest.jsonl") if again == "retry" else world.start(rows(2))
    if again == "next run":
        world.next_run()
    (world.folder / "modelslab-1000.mp4").unlink()
    deferral = defer(world, 2)
    world.vendor.states = {}
    assert world.resume(deferral, WOKEN)["succeeded"] == 2
    assert (world.folder / "modelslab-1000.mp4").exists()
    assert len(world.vendor.jobs) == 2


@pytest.mark.parametrize("told", [True, False])
def test_one_answer_that_a_job_is_unknown_is_a_verdict_only_where_the_trigger_was_told_so(
    world: BatchWorld, told: bool
) -> None:
    """A callback ends the watch of a job without any poll."""
    deferral = defer(world, 1)
    world.vendor.states = {rows(1)[0]["target"]: JobState.UNKNOWN}
    counts = {"unknown": 1} if told else {"called_back": 1}
    event = {"counts": counts, "ended": base64.b64encode(b"\x01").decode(), "polls": 0, "problem": ""}
    with pytest.raises(AirflowException if told else TaskDeferred, match="does not know" if told else None):
        world.resume(deferral, event)


def test_a_batch_tells_openlineage_of_its_manifest(world: BatchWorld) -> None:
    summary = world.start(rows(2))
    (output,) = world.operator.get_openlineage_facets_on_complete(None).outputs
    assert f"{output.namespace}://{output.name}".endswith(summary["manifest"].partition("://")[2])


def _dying(real: Any) -> Any:
    def write_part(book: Book, retry: bool) -> None:
        if retry:
            raise Killed
        real(book, retry)

    return write_part


@pytest.mark.parametrize("on_in_doubt", ["fail", "resubmit"])
def test_a_job_whose_id_the_journal_alone_has(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch, on_in_doubt: str
) -> None:
    """The worker died between the journal and the part, and the job still runs when the retry starts."""
    world.vendor.states = {item["target"]: JobState.PROCESSING for item in rows(2)}
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Book, "_write_part", _dying(Book._write_part))
        world.start(rows(2))
    assert len(world.vendor.jobs) == 2
    world.clock.seconds += 500
    deferral = defer(world, 2, on_in_doubt=on_in_doubt)
    world.vendor.states = {}
    assert world.resume(deferral, WOKEN)["succeeded"] == 2
    assert len(world.vendor.jobs) == 2


def test_jobs_that_run_when_the_folder_is_another_one_for_the_retry(
    world: BatchWorld, tmp_path: Path
) -> None:
    deferral = defer(world, 2)
    world.vendor.states = {item["target"]: JobState.PROCESSING for item in rows(2)}
    world.folder = tmp_path / "elsewhere"
    deferral = defer(world, 2)
    world.vendor.states = {}
    assert world.resume(deferral, WOKEN)["succeeded"] == 2
    assert len(world.vendor.jobs) == 2


def test_that_a_person_wants_rows_bought_for_which_there_is_no_room_yet(world: BatchWorld) -> None:
    media = [item["target"] for item in rows(5)]
    world.vendor.answers_to = {name: [TakenError("cut")] for name in media}
    with pytest.raises(AirflowException, match="in doubt"):
        world.start(rows(5))
    for line in world.lines:
        world.store.set(f"faceswap/{line['key']}", "resubmit")
    world.clock.seconds += 500
    world.clear()
    world.vendor.states = dict.fromkeys(media, JobState.PROCESSING)
    with pytest.raises(TaskDeferred) as first:
        world.start(rows(5), deferrable=True, max_active_jobs=2)
    world.vendor.states = {}
    with pytest.raises(TaskDeferred) as second:
        world.resume(first.value, WOKEN)
    with pytest.raises(TaskDeferred) as third:
        world.resume(second.value, WOKEN)
    assert world.resume(third.value, WOKEN)["succeeded"] == 5
    assert set(world.vendor.bought.values()) == {2}
    assert not [key for key in world.store.kept if key.startswith("faceswap/") and len(key) > 20]


def test_that_a_file_is_gone_and_cannot_come_again(world: BatchWorld) -> None:
    world.vendor.repeatable = False
    world.start(rows(2))
    (world.folder / "modelslab-1000.mp4").unlink()
    world.next_run()
    world.vendor.answers_to = {rows(3)[2]["target"]: [RefusedForNowError("queue full")]}
    with pytest.raises(TaskDeferred) as refused:
        world.start(rows(3), deferrable=True, max_failed=1)
    with pytest.raises(TaskDeferred) as deferral:
        world.resume(refused.value, None)
    summary = world.resume(deferral.value, WOKEN)
    assert (summary["succeeded"], summary["failed"]) == (2, 1)
    (failed,) = [line for line in world.lines if line["status"] == "failed"]
    assert failed["job_id"] == "1000" and "its file is gone" in failed["error"]
    world.next_run()
    assert world.start(rows(3))["succeeded"] == 3
    assert world.vendor.bought[world.vendor.jobs["1000"]] == 2


def test_that_a_folder_was_moved_with_its_manifest(world: BatchWorld, tmp_path: Path) -> None:
    world.start(rows(1))
    world.folder = world.folder.rename(tmp_path / "elsewhere")
    world.next_run()
    deferral = defer(world, 2)
    world.vendor.states = {}
    world.resume(deferral, WOKEN)
    assert [line["stored"] for line in world.lines] == [
        [f"file://{world.folder}/modelslab-{job_id}.mp4"] for job_id in (1000, 1001)
    ]


def test_that_a_dropped_job_is_submitted_again_for_which_there_is_no_room_yet(world: BatchWorld) -> None:
    media = [item["target"] for item in rows(4)]
    world.vendor.states = dict.fromkeys(media, JobState.PROCESSING)
    world.vendor.answers_to = {name: [RefusedForNowError("queue full")] for name in media[:2]}
    with pytest.raises(TaskDeferred) as first:
        world.start(rows(4), deferrable=True, max_active_jobs=4)
    assert world.vendor.bought == {media[2]: 1, media[3]: 1}
    world.vendor.states[media[3]] = JobState.CONGESTED
    with pytest.raises(TaskDeferred) as second:
        world.resume(first.value, WOKEN)
    world.vendor.states = {}
    with pytest.raises(TaskDeferred) as third:
        world.resume(second.value, WOKEN)
    assert world.resume(third.value, WOKEN)["succeeded"] == 4
    assert world.vendor.bought == {**dict.fromkeys(media[:3], 1), media[3]: 2}


@pytest.mark.parametrize("store", ["its key was deleted", "it came with an upgrade of Airflow"])
def test_where_the_store_knows_nothing_of_the_batch(world: BatchWorld, store: str) -> None:
    ours = world.store
    if store.startswith("it came"):
        world.store = None  # type: ignore[assignment]
        world.retries = world.max_tries = 0
    deferral = defer(world, 6, max_active_jobs=2)
    if store.startswith("its key"):
        ours.delete("faceswap")
    ti, world.store = world.context["ti"], ours
    world.context = {**world._context(), "ti": ti}
    world.vendor.states = {}
    for _ in range(2):
        with pytest.raises(TaskDeferred) as caught:
            world.resume(deferral, WOKEN)
        deferral = caught.value
    assert world.resume(deferral, WOKEN)["succeeded"] == 6
    assert set(world.vendor.bought.values()) == {1}
