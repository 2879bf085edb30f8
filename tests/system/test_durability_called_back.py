"""ModelsLab calls back: that settles what is in doubt."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.scene import IN_DOUBT, Scene

pytestmark = [pytest.mark.durability, pytest.mark.together]
DAG = "swap_called_back"


def test_answer_that_broke_off_is_settled_by_the_callback_of_a_polled_vendor(cluster: Cluster) -> None:
    with Scene(cluster, DAG) as scene:
        scene.jobs(after_seconds=20)
        scene.fault("accept_then_break")
        scene.start()
        scene.ends("success")

        (job_id,) = scene.job_ids
        assert (scene.accepted, scene.result["job_id"]) == (1, job_id)
        assert f"{IN_DOUBT}: its callback names job {job_id}" in scene.log


def test_killed_while_submitting_and_settled_by_the_callback_of_a_polled_vendor(cluster: Cluster) -> None:
    with Scene(cluster, DAG) as scene:
        scene.jobs(after_seconds=5)
        scene.start(stop_at="before running")
        scene.stops()
        scene.kill()
        scene.ends("success", since_try=1)

        assert (scene.accepted, scene.counts["duplicates"]) == (1, 0)
