"""What the vendor says of a job that it took: failed, congested, or nothing until the deadline."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.scene import Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_job_that_failed_for_good_fails_without_retry_and_a_clear_buys_again(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("failed", after_seconds=1, message="No face found.")
        scene.start()
        log = scene.fails_at_once("failed: No face found.")
        assert f"job {scene.job_ids[0]} failed" in log
        assert scene.accepted == 1

        scene.jobs()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 2


def test_congestion_is_submitted_again_so_often_and_no_more(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("congested", after_seconds=1)
        scene.start(max_resubmits=2)
        scene.fails_at_once("this id never recovers")

        assert scene.accepted == 3
        assert scene.entry["resubmissions"] == 2


def test_congestion_that_passes(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("congested", after_seconds=1, times=1)
        scene.start(deferrable=False)
        scene.ends("success")

        assert scene.accepted == 2
        assert scene.result["job_id"] == scene.job_ids[1]


def test_deadline_while_deferred_is_final_until_a_clear(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(timeout=15)
        task = scene.ends("failed")
        (job_id,) = scene.job_ids
        for number in range(1, task["try_number"] + 1):
            assert f"job {job_id}: not finished at its deadline" in scene.log_of(number)
        assert scene.accepted == 1
        old = scene.entry

        # The clear grants a new deadline, and buys nothing.
        before = scene.clear()
        scene.finish_jobs()
        scene.ends("success", since_try=before)
        assert scene.accepted == 1
        assert scene.entry["deadline"] > old["deadline"]
        assert scene.entry["submitted_at"] == old["submitted_at"]


def test_deadline_in_blocking_mode_counts_from_the_first_submission_over_restarts(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferrable=False, timeout=45)
        scene.is_looked_at()
        deadline = scene.entry["deadline"]
        scene.kill(worker=False)
        scene.ends("failed", since_try=1)

        assert scene.entry["deadline"] == deadline
        assert "was bought before" in scene.log
        assert f"job {scene.job_ids[0]}: not finished at its deadline" in scene.log
        assert scene.accepted == 1
