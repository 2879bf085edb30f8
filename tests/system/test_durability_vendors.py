"""What is special about vendors that answer with the picture itself, or call back."""

from __future__ import annotations

import shutil

import pytest

from harness.cluster import Cluster
from tests.system.scene import IN_DOUBT, Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


class Segmind(Scene):
    """A task of Segmind v1, whose folder cannot be written by the time that the picture comes."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, dag_id="swap_segmind", provider="segmind")

    def start_and_break_the_folder(self, **params: object) -> None:
        self.fault("slow_answer", seconds=5)
        self.start(output_path=self.results.as_uri(), **params)
        self.is_accepted()
        # It was writable when that was looked at. No permission keeps root out: a file does.
        shutil.rmtree(self.results, ignore_errors=True)
        self.results.touch()

    def mend_the_folder(self) -> None:
        self.results.unlink()

    def spooled(self) -> list[str]:
        return [path.name for path in (self.cluster.home / "spool").glob("faceswap-paid-*")]


def test_picture_that_came_with_the_answer_and_cannot_be_stored_is_kept_until_a_clear(
    cluster: Cluster,
) -> None:
    with Segmind(cluster) as scene:
        scene.start_and_break_the_folder()
        scene.ends("failed")
        assert scene.entry["spooled_at"].rpartition("/")[2] in scene.spooled()
        assert "nothing is paid again" in scene.log

        spooled = scene.entry["spooled_at"].rpartition("/")[2]
        scene.mend_the_folder()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 1
        assert scene.result["stored"] == [path.as_uri() for path in scene.stored()]
        assert len(scene.stored()) == 1
        assert spooled not in scene.spooled()


def test_worker_killed_after_the_picture_could_not_be_stored_and_the_retry_stores_it(
    cluster: Cluster,
) -> None:
    with Segmind(cluster) as scene:
        scene.start_and_break_the_folder(stop_at="after running")
        scene.stops()
        scene.mend_the_folder()
        scene.kill()
        scene.ends("success", since_try=1)

        assert scene.accepted == 1
        assert len(scene.stored()) == 1


def test_clear_of_a_task_whose_picture_came_with_the_answer_returns_the_stored_file(cluster: Cluster) -> None:
    with Segmind(cluster) as scene:
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")
        result = scene.result
        scene.ends("success", since_try=scene.clear())

        assert scene.result == result
        assert scene.accepted == 1

        # The vendor cannot be asked: a person decides.
        shutil.rmtree(scene.results)
        scene.ends("failed", since_try=scene.clear())
        assert "its result is gone" in scene.log
        assert scene.accepted == 1


def test_adopted_job_finds_the_callback_that_came_to_its_submission(cluster: Cluster) -> None:
    with Scene(cluster, dag_id="swap_aifaceswap", provider="aifaceswap") as scene:
        scene.fault("accept_then_break")
        scene.start(adopt_from_callback=False, output_path=scene.results.as_uri())
        scene.fails_at_once(IN_DOUBT)
        (job_id,) = scene.job_ids
        scene.sees_callback()

        scene.ends("success", since_try=scene.follow_remedy(adopt=job_id))
        assert scene.accepted == 1
        assert scene.result["job_id"] == job_id
        assert len(scene.stored()) == 1


def test_answer_that_broke_off_is_settled_by_the_callback(cluster: Cluster) -> None:
    with Scene(cluster, dag_id="swap_aifaceswap", provider="aifaceswap") as scene:
        scene.fault("accept_then_break")
        scene.jobs(after_seconds=3)
        scene.start()
        scene.ends("success")

        assert scene.accepted == 1
        assert scene.result["job_id"] == scene.job_ids[0]
        assert f"{IN_DOUBT}: its callback names job {scene.job_ids[0]}" in scene.log
