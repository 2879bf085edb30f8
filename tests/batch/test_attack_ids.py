"""Vendors whose ids are not what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.apis.job import Job, JobState
from tests.batch.world import BatchWorld, rows

URL = "https://a.example/face.jpg"


@pytest.fixture
def one_id(world: BatchWorld) -> None:
    def take(request: Any) -> Job:
        world.vendor.jobs["1000"] = request.init_video
        return Job(job_id="1000", state=JobState.PROCESSING)

    world.vendor.double.send.side_effect = take


@pytest.mark.usefixtures("one_id")
def test_one_job_is_not_the_result_of_two_rows(world: BatchWorld) -> None:
    with pytest.raises(AirflowFailException, match="answered with job 1000, which is another row's"):
        world.start(rows(2))
    assert world.statuses == ["success", "in_doubt"]
    for again in ("retry", "clear", "next_run"):
        getattr(world, again, dict)()
        with pytest.raises(AirflowFailException, match="1 in doubt"):
            world.start(rows(2))


def test_it_is_not_after_a_deferral_for_a_callback_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resume reads the folder alone: a doubt that is not noted would take the other row's clip."""
    world = BatchWorld(tmp_path / "out", monkeypatch, "aifaceswap")

    def take(request: Any) -> Job:
        world.vendor.jobs["1000"] = request.source_video
        return Job(job_id="1000", state=JobState.PROCESSING)

    world.vendor.double.send.side_effect = take
    clips = [{"source_video": f"https://a.example/{n}.mp4", "face_image": URL, "duration": 5} for n in "ab"]
    with pytest.raises(TaskDeferred) as caught:
        world.start(clips, deferrable=True, operation="video_faceswap", in_doubt_wait=600)
    with pytest.raises(TaskDeferred):
        world.resume(caught.value, {"problem": "nobody knows what ended"})
    assert world.statuses == ["success", "in_doubt"]


def test_nor_where_it_was_to_be_bought_again_and_a_person_stops_the_batch(world: BatchWorld) -> None:
    def take(request: Any) -> Job:
        world.vendor.jobs["1000"] = request.init_video
        world.store.kept["faceswap_stop"] = "true"
        return Job(job_id="1000", state=JobState.PROCESSING)

    world.vendor.double.send.side_effect = take
    world.vendor.states = {item["target"]: JobState.PROCESSING for item in rows(2)}
    with pytest.raises(TaskDeferred) as caught:
        world.start(rows(2), deferrable=True, on_in_doubt="resubmit")
    world.vendor.states = {}
    with pytest.raises(AirflowFailException, match="a person stopped it"):
        world.resume(caught.value, {"problem": "nobody knows what ended"})
    assert world.statuses == ["success", "in_doubt"]


@pytest.mark.usefixtures("one_id")
def test_equal_rows_may_share_a_job(world: BatchWorld) -> None:
    assert world.start(rows(1) * 2)["succeeded"] == 2
