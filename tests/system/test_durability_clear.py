"""A person clears a task whose job is open, or something changes between two tries."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.scene import IN_DOUBT, Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_clear_of_a_deferred_task_waits_for_the_same_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start()
        scene.reaches("deferred")
        deadline = scene.entry["deadline"]
        before = scene.clear()
        # The old trigger is still there when the new try starts.
        scene.reaches("deferred", since_try=before)
        scene.finish_jobs()
        scene.ends("success", since_try=before)

        assert scene.accepted == 1
        assert scene.entry["deadline"] > deadline


def test_clear_of_a_task_that_waits_on_a_worker_waits_for_the_same_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferrable=False)
        scene.is_looked_at()
        before = scene.clear()
        scene.reaches("running", since_try=before)
        scene.finish_jobs()
        scene.ends("success", since_try=before)

        assert scene.accepted == 1


def test_clear_during_the_submission_does_not_submit_beside_it(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("slow_answer", seconds=10)
        scene.start()
        scene.is_accepted()
        before = scene.clear()
        task = scene.reaches("success", "failed", since_try=before)

        # The old worker ended before its answer came, or noted the id.
        assert scene.accepted == 1
        assert task["state"] == "success" or IN_DOUBT in scene.log


def test_retry_with_other_inputs_fails_and_names_the_job_and_the_field(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferrable=False)
        scene.is_looked_at()
        (job_id,) = scene.job_ids
        scene.now(picture="astronaut")
        scene.kill(worker=False)
        scene.fails_at_once(
            f"job {job_id} was bought with other inputs; changed: target_image; give the task"
        )

        assert scene.accepted == 1
        assert scene.entry["job_id"] == job_id


def test_clear_with_other_inputs_buys_and_names_the_job_that_it_leaves(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start()
        scene.ends("success")
        (old,) = scene.job_ids
        scene.now(picture="astronaut")
        before = scene.clear()
        scene.ends("success", since_try=before)

        assert scene.accepted == 2
        left = f"this leaves modelslab job {old} (multiple_face_swap, finished)"
        assert f"Buying again (cleared with other inputs (target_image)); {left}" in scene.log_of(before + 1)
        assert [job["job_id"] for job in scene.entry["left"]] == [old]


def test_clear_that_goes_back_to_former_inputs_collects_their_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start()
        scene.ends("success")
        (old,) = scene.job_ids
        for picture in ("astronaut", "hopper"):
            scene.now(picture=picture)
            before = scene.clear()
            scene.ends("success", since_try=before)

        assert scene.accepted == 2
        assert scene.result["job_id"] == old
        assert [job["job_id"] for job in scene.entry["left"]] == [id_ for id_ in scene.job_ids if id_ != old]


def test_inputs_that_are_presigned_again_at_each_try_are_the_same(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferral="crash")
        scene.reaches("deferred", since_try=1)
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1


def test_clear_after_the_retries_were_lowered_is_still_a_clear(cluster: Cluster) -> None:
    lowered = cluster.home / "lowered"
    with Scene(cluster, dag_id="swap_with_fewer_retries") as scene:
        scene.jobs("failed", after_seconds=1, message="No face found.")
        scene.start()
        scene.fails_at_once("failed: No face found.")
        max_tries = scene.task["max_tries"]

        scene.jobs()
        lowered.touch()
        scene.has_retries(0)
        scene.ends("success", since_try=scene.clear(run_on_latest_version=True))
        assert scene.task["max_tries"] == max_tries, "it does not tell the clear from a retry"
        assert scene.accepted == 2


@pytest.mark.parametrize("deferrable", [True, False])
def test_key_that_was_rotated_collects_the_same_job(cluster: Cluster, deferrable: bool) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferrable=deferrable)
        scene.is_looked_at()
        scene.rotate_key("sbx-0d41b7c2")
        if not deferrable:
            scene.kill(worker=False)
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1
