"""While a job runs, its connection is edited or the vendor forgets it for a while."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.scene import Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_connection_that_moved_is_said_and_can_move_back(cluster: Cluster) -> None:
    with Scene(cluster) as scene, Scene(cluster) as elsewhere:
        scene.jobs("never")
        scene.start(deferrable=False)
        scene.is_looked_at()
        scene.connect(host=elsewhere.vendor.url)
        scene.kill(worker=False)
        moved = f"the connection moved to {elsewhere.vendor.url}; point it back and clear the task"
        scene.fails_at_once(moved)
        scene.fails_at_once(moved, since_try=scene.clear())
        assert elsewhere.counts["requests"] == 0

        scene.connect(host=scene.vendor.url)
        scene.finish_jobs()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 1


@pytest.mark.together(first=True)  # it takes a minute
def test_connection_that_moved_while_deferred_brings_no_other_hosts_result(cluster: Cluster) -> None:
    with Scene(cluster) as scene, Scene(cluster) as elsewhere:
        scene.jobs("never")
        scene.start(timeout=45, poll_interval=2)
        scene.is_looked_at(2)
        (job_id,) = scene.job_ids
        elsewhere.has_job(job_id)
        scene.connect(host=elsewhere.vendor.url)
        moved = f"job {job_id} was bought at {scene.vendor.url}, and the connection moved to"
        scene.fails_at_once(moved)
        # The other host finished a job with this id, and was never asked about it.
        assert elsewhere.counts["fetches"] == 0

        scene.connect(host=scene.vendor.url)
        scene.finish_jobs()
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 1
        assert elsewhere.counts["requests"] == 1  # the one that made the job
        assert scene.result["output"][0].startswith(scene.vendor.url)


def test_namespace_edited_while_deferred_is_asked_where_the_job_is(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start()
        scene.reaches("deferred")
        scene.connect(extra='{"namespace": "deepfake"}')
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1
        assert scene.result["meta"], "only the other namespace leaves it out"


@pytest.mark.together(first=True)  # it takes a minute
def test_job_unknown_for_a_minute_fails_the_try_and_the_retry_collects_it(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("unknown_id", times=None)
        scene.jobs("never", eta=2)
        scene.start()
        scene.is_accepted()
        (job_id,) = scene.job_ids
        scene.reaches("deferred", since_try=1)
        assert f"does not know job {job_id}" in scene.log_of(1)
        scene.mend()
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1
        assert scene.result["job_id"] == job_id


@pytest.mark.together(first=True)  # it takes a minute
def test_job_unknown_after_a_clear_is_bought_again_with_on_clear_resubmit(
    cluster: Cluster,
) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never", eta=2, times=1)
        scene.start()
        scene.reaches("deferred")
        (old,) = scene.job_ids
        scene.fault("unknown_id", times=None)
        scene.now(on_clear="resubmit")
        scene.ends("success", since_try=scene.clear())

        assert f"does not know job {old}" in scene.log
        assert [job["job_id"] for job in scene.entry["left"]] == [old]
        assert scene.accepted == 2


def test_job_unknown_once_is_still_waited_for(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("unknown_id")
        scene.jobs("never", eta=2)
        scene.start()
        scene.is_looked_at()
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1
        assert "does not know" not in scene.log
