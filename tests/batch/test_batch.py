"""A batch, from its items to its manifest."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.batch.manifest import read_manifest
from airflow_provider_faceswap.exceptions import InDoubtError, RefusedError
from tests.batch.conftest import Inputs
from tests.batch.world import FACE, BatchWorld, TakenError, rows
from tests.fakes import MP4


def test_each_item_is_bought_once_and_has_one_line(world: BatchWorld) -> None:
    summary = world.start(rows(40), max_active_jobs=10)
    assert (summary["total"], summary["succeeded"], summary["reused"]) == (40, 40, 0)
    assert sorted(world.vendor.bought.values()) == [1] * 40
    assert [line["index"] for line in world.lines] == list(range(40))
    assert len({line["job_id"] for line in world.lines}) == 40


def test_no_more_run_than_may(world: BatchWorld) -> None:
    world.start(rows(40), max_active_jobs=10)
    assert {len(wait) and wait["wake"] for wait in world.waits} == {5, 10}


def test_a_later_run_buys_nothing_again(world: BatchWorld) -> None:
    world.start(rows(5))
    world.next_run()
    summary = world.start(rows(7))
    assert (summary["succeeded"], summary["reused"], len(world.vendor.jobs)) == (7, 5, 7)


def test_overwrite_buys_again_what_another_run_bought_and_no_more(world: BatchWorld) -> None:
    world.start(rows(3))
    world.next_run()
    world.die(rows(3), "write manifest.jsonl", overwrite=True)
    world.start(rows(3), overwrite=True)
    assert sorted(world.vendor.bought.values()) == [2, 2, 2]


def test_a_failed_item_fails_the_task_and_only_a_clear_buys_it_again(world: BatchWorld) -> None:
    world.vendor.states[rows(3)[1]["target"]] = JobState.FAILED
    with pytest.raises(AirflowFailException, match=r"1 failed of 3 items; row 1: .*why"):
        world.start(rows(3))
    assert sorted(world.statuses) == ["failed", "success", "success"]
    with pytest.raises(AirflowFailException):
        world.start(rows(3))
    assert len(world.vendor.jobs) == 3
    world.vendor.states = {}
    world.clear()
    assert world.start(rows(3))["succeeded"] == 3
    assert len(world.vendor.jobs) == 4


@pytest.mark.parametrize(("most", "fails"), [(0, True), (1, False), (0.5, False), (0.2, True), (1.0, False)])
def test_max_failed(world: BatchWorld, most: float, fails: bool) -> None:
    world.vendor.answers_to = {rows(1)[0]["target"]: [RefusedError("no face", final=True)]}
    if fails:
        with pytest.raises(AirflowFailException):
            world.start(rows(4), max_failed=most)
    else:
        assert world.start(rows(4), max_failed=most)["failed"] == 1


def test_what_may_have_been_taken_is_not_bought_again(world: BatchWorld) -> None:
    world.vendor.answers_to = {rows(1)[0]["target"]: [TakenError("cut")]}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(rows(3))
    assert world.statuses == ["in_doubt", "success", "success"]
    for again in (lambda: None, world.clear, world.next_run):
        again()
        with pytest.raises(AirflowFailException):
            world.start(rows(3))
    assert sorted(world.vendor.bought.values()) == [1, 1, 1]
    assert world.start(rows(3), on_in_doubt="resubmit")["succeeded"] == 3


def test_a_person_settles_a_doubt(world: BatchWorld) -> None:
    world.vendor.answers_to = {media["target"]: [TakenError("cut")] for media in rows(2)}
    with pytest.raises(AirflowFailException):
        world.start(rows(2))
    first, second = (line["key"] for line in world.lines)
    (job_id,) = (found for found, media in world.vendor.jobs.items() if media == rows(1)[0]["target"])
    world.store.set(f"faceswap/{first}", job_id)
    world.store.set(f"faceswap/{second}", "resubmit")
    world.clear()
    assert world.start(rows(2))["succeeded"] == 2
    assert world.vendor.bought[rows(2)[0]["target"]] == 1
    assert world.vendor.bought[rows(2)[1]["target"]] == 2
    assert world.store.get(f"faceswap/{second}") is None


def test_a_clip_that_a_glob_finds_written_again_is_bought_again_by_a_later_run(
    world: BatchWorld, bucket: Inputs
) -> None:
    for name in ("a.mp4", "b.mp4"):
        bucket.put(name, MP4)
    clips: dict[str, Any] = {"items": f"{bucket.url}/*.mp4", "common": {"face": FACE}, "check_inputs": False}
    world.start(**clips)
    bucket.put("b.mp4", MP4 + b"new")
    world.start(**clips)  # a retry: the list is frozen
    assert len(world.vendor.jobs) == 2
    world.next_run()
    assert world.start(**clips)["reused"] == 1
    assert len(world.vendor.jobs) == 3


def test_a_row_that_is_gone_is_still_collected(world: BatchWorld) -> None:
    world.die(rows(2), "polls")
    world.clear()
    assert world.start(rows(3, start=1))["total"] == 3
    (gone,) = [line for line in world.lines if line["index"] is None]
    assert (gone["status"], gone["item"]["target"]) == ("success", rows(1)[0]["target"])
    assert sorted(world.vendor.bought.values()) == [1] * 4


def test_a_file_that_is_gone_is_fetched_again(world: BatchWorld) -> None:
    world.start(rows(2))
    (world.folder / "modelslab-1000.mp4").unlink()
    world.next_run()
    summary = world.start(rows(2))
    assert (summary["reused"], len(world.vendor.jobs)) == (2, 2)
    assert (world.folder / "modelslab-1000.mp4").exists()


def test_a_folder_that_was_deleted_is_filled_again_by_a_clear(world: BatchWorld) -> None:
    import shutil

    world.start(rows(20))
    shutil.rmtree(world.folder)
    world.clear()
    assert world.start(rows(20))["succeeded"] == 20
    assert len(world.vendor.jobs) == 20


def test_another_host_s_jobs_are_not_taken(world: BatchWorld) -> None:
    world.start(rows(2))
    world.next_run()
    world.vendor.moves_to("https://elsewhere.example.com")
    with pytest.raises(AirflowException, match=r"2 items of .* were bought at https://modelslab\.com"):
        world.start(rows(2))


def test_a_vendor_that_doubts_everything_stops_the_batch(world: BatchWorld) -> None:
    many = rows(60)
    world.vendor.answers_to = {item["target"]: [InDoubtError("a proxy's page")] for item in many}
    with pytest.raises(AirflowFailException, match="in doubt"):
        world.start(many, max_failed=1.0, max_active_jobs=60)
    assert len(world.vendor.sent) == 16


def test_max_cost_is_refused_where_no_price_is_published(world: BatchWorld) -> None:
    with pytest.raises(AirflowFailException, match="max_cost: ModelsLab publishes no price"):
        world.start(rows(2), max_cost=10)


def test_the_store_holds_few_large_keys(world: BatchWorld) -> None:
    world.start(rows(300), max_active_jobs=300)
    keys: dict[str, Any] = {key: len(value) for key, value in world.store.kept.items()}
    assert max(keys.values()) < 64 * 1024
    assert len([key for key in keys if key.startswith("faceswap/")]) < 8


def test_a_worker_that_may_still_submit_is_waited_out(world: BatchWorld) -> None:
    world.die(rows(1), "answer")
    world.clock.seconds += 5
    world.start(rows(1), on_in_doubt="resubmit")
    assert 39 < max(world.clock.slept) <= 45
    assert world.lines[0]["job_id"] == "1001"


def test_a_doubt_that_stays_is_told_in_the_same_words(world: BatchWorld) -> None:
    world.vendor.answers_to = {rows(1)[0]["target"]: [TakenError("cut")]}
    said = set()
    for _ in range(3):
        with pytest.raises(AirflowFailException):
            world.start(rows(3))
        said.add(world.lines[0]["error"])
    assert len(said) == 1


def test_below_airflow_3_3_a_batch_takes_no_retries(world: BatchWorld) -> None:
    world.store = None
    with pytest.raises(AirflowFailException, match="retries: must be 0"):
        world.start(rows(1))
    world.retries = 0
    assert world.start(rows(3))["succeeded"] == 3
    world.next_run()
    world.store = None
    assert world.start(rows(3))["reused"] == 3


def test_a_batch_in_object_storage(world: BatchWorld, bucket: Inputs) -> None:
    folder = f"{bucket.url}/out"
    world.vendor.answers_to = {rows(1)[0]["target"]: [RefusedError("no face", final=True)]}
    summary = world.start(rows(20), output_path=folder, max_failed=1)
    assert (summary["succeeded"], summary["failed"], summary["manifest"]) == (
        19,
        1,
        f"{folder}/manifest.jsonl",
    )
    lines = list(read_manifest(summary["manifest"]))
    assert [line["index"] for line in lines] == list(range(20))
    assert lines[1]["stored"] == [f"{folder}/modelslab-{lines[1]['job_id']}.mp4"]
    world.next_run()
    summary = world.start(rows(20), output_path=folder)
    assert (summary["reused"], len(world.vendor.jobs)) == (19, 20)
