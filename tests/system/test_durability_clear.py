"""A person clears a task, or something changes between two tries."""

from __future__ import annotations

import pytest

from airflow_provider_faceswap.sandbox.server import SandboxServer
from harness.cluster import Cluster
from tests.system.scene import IN_DOUBT, Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_clear_of_a_successful_task_buys_anew_and_its_retry_does_not(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start()
        scene.ends("success")
        assert scene.accepted == 1

        scene.jobs("never")
        before = scene.clear()
        scene.is_accepted(2)
        scene.reaches("deferred", since_try=before)
        scene.finish_jobs()
        scene.ends("success", since_try=before)
        assert scene.accepted == 2


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


def test_inputs_that_changed_do_not_skip_an_open_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferrable=False, signed_by="n")
        scene.is_looked_at()
        bought_for = scene.entry["fingerprint"]
        scene.kill(worker=False)
        assert bought_for in scene.fails_at_once("inputs changed while a job is open")
        assert scene.accepted == 1

        scene.jobs()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 2
        assert scene.entry["fingerprint"] != bought_for


def test_inputs_that_are_presigned_anew_at_each_try_are_the_same(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(signed_by="X-Amz-Signature", deferral="crash")
        scene.reaches("deferred", since_try=1)
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1


def test_connection_that_moved_is_said_and_can_move_back(cluster: Cluster) -> None:
    with Scene(cluster) as scene, SandboxServer() as elsewhere:
        scene.jobs("never")
        scene.start(deferrable=False)
        scene.is_looked_at()
        scene.connect(host=elsewhere.url)
        scene.kill(worker=False)
        moved = f"the connection moved to {elsewhere.url}"
        scene.fails_at_once(moved)
        scene.fails_at_once(moved, since_try=scene.clear())
        assert elsewhere.backend.counts.requests == 0

        scene.connect(host=scene.vendor.url)
        scene.finish_jobs()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 1


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
        scene.ends("success", timeout=240)

        assert scene.accepted == 1
