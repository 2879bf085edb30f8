"""Airflow ends a deferral by itself: the trigger crashed, or the deferral timed out."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.scene import Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_trigger_crashed_and_the_retry_waits_on(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferral="crash")
        scene.reaches("deferred", since_try=1)
        (job_id,) = scene.job_ids
        assert f"job {job_id}: not finished: the deferral was cut off" in scene.log_of(1)
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1


def test_trigger_crashed_after_another_task_was_cleared_and_the_inputs_edited(cluster: Cluster) -> None:
    with Scene(cluster, "swap_beside_another") as scene:
        scene.jobs("never")
        scene.start(deferral="crash when told")
        scene.reaches("deferred")
        (job_id,) = scene.job_ids
        scene.clear_another("another")
        scene.now(picture="astronaut")
        (scene.folder / "crash").touch()
        scene.fails_at_once(f"job {job_id} was bought with other inputs; changed: target_image")

        assert scene.accepted == 1


def test_deferral_timed_out_and_a_finished_result_is_taken(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs(after_seconds=1)
        scene.start(deferral="timeout", poll_interval=300)
        scene.ends("success")

        assert scene.accepted == 1
        assert "TaskDeferralTimeout" not in scene.log


def test_deferral_timed_out_and_the_retry_waits_on(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferral="timeout")
        scene.reaches("deferred", since_try=1)
        assert f"job {scene.job_ids[0]}: not finished: the deferral was cut off" in scene.log_of(1)
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1
