"""Thirty videos: workers and triggerer killed at random, and every fifth submission gone wrong."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.cluster import Cluster
from tests.system.scene import ENDED, IN_DOUBT, Scene, eventually

pytestmark = [pytest.mark.durability]
VIDEOS, SEED, SECONDS = 30, 4, 60


class Crowd(Scene):
    """Mapped videos instead of one picture."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, dag_id="swap_many")

    @property
    def videos(self) -> list[dict[str, Any]]:
        """The mapped task instances."""
        listed = self.cluster.rest.task_instances(self.dag_id, self.run_id)
        return [task for task in listed if task["task_id"] == self.task_id and task["map_index"] >= 0]

    def waits_for_all(self, timeout: float = 600) -> None:
        """Wait until each video has ended."""

        def ended() -> bool:
            videos = self.videos
            return len(videos) == VIDEOS and all(video["state"] in ENDED for video in videos)

        eventually(ended, f"{self.run_id} ended", timeout, every=3)

    def result_of(self, video: dict[str, Any]) -> Any:
        """What the video's task returned."""
        return self.cluster.rest.xcom(self.dag_id, self.run_id, self.task_id, map_index=video["map_index"])

    def messages(self, video: dict[str, Any]) -> str:
        """The log of the video's last try."""
        return self.cluster.rest.task_log(
            self.dag_id, self.run_id, self.task_id,
            try_number=video["try_number"], map_index=video["map_index"],
        )  # fmt: skip


@pytest.fixture(scope="module")
def ended(cluster: Cluster) -> Iterator[tuple[Crowd, Crowd]]:
    """Two crowds that ended: one was killed at random, one met a fault at every fifth submission."""
    with Crowd(cluster) as killed, Crowd(cluster) as faulty:
        for crowd in (killed, faulty):
            crowd.jobs(after_seconds=5)
        killed.fault("slow_answer", seconds=2, times=None)
        faulty.fault("accept_then_break", every=10, times=None)
        faulty.fault("bad_gateway", every=5, times=None, accepted=False)
        killed.start(videos=VIDEOS)
        faulty.start(videos=VIDEOS, on_in_doubt="resubmit")
        kill_at_random(killed)
        for crowd in (killed, faulty):
            crowd.waits_for_all()
        yield killed, faulty


def kill_at_random(crowd: Crowd) -> None:
    """Kill a worker of the crowd, its task alone, or the triggerer, at moments that the seed chooses."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        time.sleep(dice.uniform(0.5, 4))
        if dice.random() < 0.15:
            crowd.cluster.kill("triggerer")
            crowd.cluster.start("triggerer")
        elif running := [video["id"] for video in crowd.videos if video["state"] == "running"]:
            crowd.cluster.kill_task(str(dice.choice(running)), worker=dice.random() < 0.5)


def test_every_video_ends_in_a_result_or_is_named_in_doubt(ended: tuple[Crowd, Crowd]) -> None:
    crowd, _ = ended
    videos = crowd.videos
    failed = [video for video in videos if video["state"] == "failed"]

    assert max(video["try_number"] for video in videos) > 1, "nothing was killed"
    for video in failed:
        assert IN_DOUBT in crowd.messages(video)
    results = [
        crowd.cluster.rest.xcom(
            crowd.dag_id, crowd.run_id, crowd.task_id, map_index=int(str(video["map_index"]))
        )
        for video in videos
        if video["state"] == "success"
    ]
    assert len({result["job_id"] for result in results}) == VIDEOS - len(failed)
    # Not even one that is in doubt was submitted again.
    assert crowd.counts["duplicates"] == 0
    assert len(results) <= crowd.accepted <= VIDEOS


def test_every_fifth_submission_gone_wrong_and_all_succeed(ended: tuple[Crowd, Crowd]) -> None:
    _, crowd = ended
    counts = crowd.counts

    assert {video["state"] for video in crowd.videos} == {"success"}
    assert counts["faults"]["accept_then_break"] >= 3 and counts["faults"]["bad_gateway"] >= 3
    # Every doubt is submitted again, and paid again only where the vendor had taken it.
    assert crowd.accepted - VIDEOS == counts["duplicates"] == counts["faults"]["accept_then_break"]
