"""A vendor that is polled calls back: that says when to poll."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.batches import Batch
from tests.system.scene import Scene

pytestmark = pytest.mark.together
SECONDS = 20


def test_a_callback_replaces_the_polls(cluster: Cluster) -> None:
    with Scene(cluster, "called_back") as scene:
        scene.jobs(after_seconds=SECONDS)
        scene.start(output_path=scene.results.as_uri())
        scene.ends("success")

        assert (scene.accepted, scene.counts["webhooks"], scene.counts["fetches"]) == (1, {"delivered": 1}, 1)
        assert len(list(scene.results.glob("*.mp4"))) == 1


def test_a_worker_that_waits_listens_too(cluster: Cluster) -> None:
    with Scene(cluster, "called_back") as scene:
        scene.jobs(after_seconds=SECONDS)
        scene.start(output_path=scene.results.as_uri(), deferrable=False)
        scene.ends("success")

        assert (scene.accepted, scene.counts["fetches"]) == (1, 1)


def test_a_batch_is_called_back(cluster: Cluster) -> None:
    with Batch(cluster, dag_id="called_back_batch") as scene:
        scene.jobs(after_seconds=SECONDS)
        scene.fault("accept_then_break", input_has="n=3&")
        scene.start(items=scene.rows(12))
        scene.ends("success")

        assert (scene.accepted, scene.counts["duplicates"]) == (12, 0)
        assert {line["job_id"] for line in scene.is_whole(12)} == set(scene.job_ids)
        assert scene.counts["fetches"] < 2 * 12
