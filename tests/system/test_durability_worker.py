"""The worker is killed: at each point of the journal, and at what happens between them."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.scene import IN_DOUBT, Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]


def test_worker_killed_before_the_intent_is_noted(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start(stop_at="before intent")
        scene.stops()
        scene.kill()
        scene.ends("success", since_try=1)

        assert scene.accepted == 1
        assert IN_DOUBT not in scene.log


def test_worker_killed_after_the_intent_before_the_post(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start(stop_at="before post")
        scene.stops()
        scene.kill()
        scene.fails_at_once(IN_DOUBT)
        assert scene.accepted == 0

        scene.ends("success", since_try=scene.follow_remedy())
        assert scene.accepted == 1


def test_worker_killed_between_the_post_and_its_answer(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.fault("slow_answer", seconds=60)
        # So the next start is sure to come before the submission can be over.
        scene.connect(extra='{"timeout": 60}')
        scene.start()
        scene.is_accepted()
        scene.kill()
        log = scene.fails_at_once(IN_DOUBT)
        assert "Another worker may still be submitting" in log

        scene.ends("success", since_try=scene.follow_remedy(adopt=scene.job_ids[0]))
        assert scene.accepted == 1
        assert scene.result["job_id"] == scene.job_ids[0]


def test_worker_killed_between_the_post_and_its_answer_where_paying_twice_is_accepted(
    cluster: Cluster,
) -> None:
    with Scene(cluster) as scene:
        scene.fault("slow_answer", seconds=60)
        scene.start(on_in_doubt="resubmit")
        scene.is_accepted()
        scene.kill()
        scene.ends("success")

        assert scene.accepted == 2
        assert scene.result["job_id"] == scene.job_ids[1]
        assert scene.log.count(IN_DOUBT) == scene.entry["doubts"] == 1


def test_worker_killed_after_the_answer_before_the_id_is_written(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.start(stop_at="before running")
        scene.stops()
        scene.kill()
        scene.fails_at_once(IN_DOUBT)

        (job_id,) = scene.job_ids
        assert f"as job {job_id}" in scene.log_of(1), "the id is logged before it is written"

        scene.ends("success", since_try=scene.follow_remedy(adopt=job_id))
        assert scene.accepted == 1


def test_worker_killed_after_the_id_is_written(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(stop_at="after running")
        scene.stops()
        scene.kill()
        scene.reaches("deferred", since_try=1)
        scene.finish_jobs()
        scene.ends("success")

        assert scene.accepted == 1
        assert f"Job {scene.job_ids[0]} was bought before" in scene.log


def test_worker_killed_while_it_waits_for_the_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferrable=False)
        scene.is_looked_at()
        scene.kill()
        scene.finish_jobs()
        scene.ends("success", since_try=1)

        assert scene.accepted == 1


def test_worker_killed_while_it_stores_the_result(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs(after_seconds=1)
        scene.fault("slow_answer", on="media", seconds=600)
        scene.start(output_path=f"file://{scene.folder}/results")
        scene.sees("media_reads")
        scene.kill()
        scene.ends("success")

        assert scene.accepted == 1
        assert scene.counts["media_reads"] >= 2
        (stored,) = scene.result["stored"]
        assert stored.endswith(f"{scene.job_ids[0]}.jpg")


@pytest.mark.parametrize("stop_at", ["before finished", "after finished"])
def test_worker_killed_after_everything_is_stored_before_success_is_reported(
    cluster: Cluster, stop_at: str
) -> None:
    with Scene(cluster) as scene:
        results = scene.folder / "results"
        scene.start(stop_at=stop_at, output_path=f"file://{results}")
        scene.stops()
        assert [path.suffix for path in results.glob("*.jpg")] == [".jpg"]
        scene.kill()
        scene.ends("success")

        assert scene.accepted == 1
        assert len(list(results.glob("*.jpg"))) == 1
