"""A folder, a state and a connection that others have changed since."""

from __future__ import annotations

import json

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.block import ItemInputs
from airflow_provider_faceswap.exceptions import AuthenticationError, JournalError, NotSentError, RefusedError
from tests.batch.world import BatchWorld, rows

CLIP = rows(1)[0]["target"]


def test_a_part_that_was_emptied_is_not_taken_for_nothing(world: BatchWorld) -> None:
    world.retries, world.max_tries = 0, 0
    world.store = None  # type: ignore[assignment]
    world.die(rows(3), "polls")
    (part,) = (world.folder / "_faceswap/parts").iterdir()
    part.write_bytes(b"")
    world.next_run()
    world.store = None  # type: ignore[assignment]
    with pytest.raises(NotSentError, match="came without a line"):
        world.start(rows(3))
    assert len(world.vendor.jobs) == 3


def test_a_clear_is_one_where_airflow_dropped_the_state_of_a_success(world: BatchWorld) -> None:
    world.vendor.answers_to = {CLIP: [RefusedError("no face", final=True)]}
    assert world.start(rows(3), max_failed=1)["failed"] == 1
    world.store.kept.clear()  # [state_store] clear_on_success
    world.clear()
    assert world.start(rows(4))["succeeded"] == 4
    assert len(world.vendor.jobs) == 4


def test_another_vendor_s_running_jobs_are_left_alone(world: BatchWorld) -> None:
    world.vendor.states = {CLIP: JobState.PROCESSING}
    with pytest.raises(AirflowException, match="1 unfinished"):
        world.start(rows(1), timeout=60)
    manifest = world.folder / "manifest.jsonl"
    line = json.loads(manifest.read_text())
    line["provider"], line["journal"]["endpoint"] = "segmind", "v2/faceswap-v2"
    manifest.write_text(json.dumps(line) + "\n")
    world.next_run()
    world.vendor.looked_at.clear()
    assert world.start(rows(1, start=3))["succeeded"] == 1
    assert line["job_id"] not in world.vendor.looked_at
    assert [found["status"] for found in world.lines] == ["success", "unfinished"]


def test_a_connection_that_moved_during_a_deferral_is_named(world: BatchWorld) -> None:
    world.vendor.states = {CLIP: JobState.PROCESSING}
    with pytest.raises(TaskDeferred) as deferral:
        world.start(rows(1), deferrable=True)
    world.vendor.moves_to("https://elsewhere.example.com")
    with pytest.raises(AirflowFailException, match=r"were bought at https://modelslab\.com"):
        world.resume(deferral.value)


def test_media_that_could_not_be_read_are_read_again(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = ItemInputs.request, [NotSentError("the bucket does not answer")]

    def request(inputs: ItemInputs) -> object:
        if failures:
            raise failures.pop()
        return real(inputs)

    monkeypatch.setattr(ItemInputs, "request", request)
    assert world.start(rows(2))["succeeded"] == 2


def test_a_refusal_does_not_forget_what_it_was_to_replace(world: BatchWorld) -> None:
    world.start(rows(2))
    world.next_run()
    world.vendor.answers_to = {CLIP: [AuthenticationError("the key is wrong")]}
    with pytest.raises(AirflowFailException, match="the key is wrong"):
        world.start(rows(2), overwrite=True)
    world.vendor.answers_to = {}
    world.next_run()
    assert world.start(rows(2))["succeeded"] == 2
    assert world.vendor.bought == {CLIP: 1, rows(2)[1]["target"]: 2}
    assert world.start(rows(2), overwrite=True)["succeeded"] == 2
    assert world.vendor.bought[CLIP] == 2


EDITS = {
    "by": lambda line: line["journal"].pop("by"),
    "entry": lambda line: line["journal"].pop("entry"),
    "paid": lambda line: line["journal"].update(paid="abc"),
    "key": lambda line: line.update(key=["x"]),
    "status": lambda line: line.update(status=["x"]),
    "id": lambda line: line.update(job_id="../x", status="unfinished"),
}


@pytest.mark.parametrize("edit", sorted(EDITS))
def test_an_edited_line_is_named_and_buys_nothing(world: BatchWorld, edit: str) -> None:
    world.start(rows(2))
    manifest = world.folder / "manifest.jsonl"
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    EDITS[edit](lines[0])
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    world.next_run()
    with pytest.raises(JournalError, match="manifest"):
        world.start(rows(2))
    assert len(world.vendor.jobs) == 2


@pytest.mark.parametrize("files", ["x", [3], [{"url": "file:///etc/passwd", "bytes": 3}]])
def test_files_that_cannot_be_understood_are_stored_again(world: BatchWorld, files: object) -> None:
    world.start(rows(2))
    manifest = world.folder / "manifest.jsonl"
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    lines[0]["files"] = files
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    world.next_run()
    assert world.start(rows(2))["reused"] == 2
    assert len(world.vendor.jobs) == 2
