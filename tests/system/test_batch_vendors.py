"""Batches of vendors that answer with the picture, are polled, or call back."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.batches import Batch
from tests.system.scene import IN_DOUBT

pytestmark = pytest.mark.together


def test_answers_that_are_pictures_need_no_second_start(cluster: Cluster) -> None:
    with Batch(cluster, "segmind") as scene:
        scene.start(items=scene.rows(12), max_active_jobs=4)
        scene.ends("success")

        assert (scene.accepted, scene.starts) == (12, 1)
        assert scene.counts["peak_queued"] <= 4
        scene.is_whole(12)
        scene.says(succeeded=12)


def test_requests_of_segmind_v2_are_polled(cluster: Cluster) -> None:
    with Batch(cluster, "segmind") as scene:
        scene.jobs(after_seconds=3)
        scene.start(items=scene.rows(12), operation="v2/faceswap-v2")
        scene.ends("success")

        assert (scene.accepted, scene.starts) == (12, 2)
        scene.is_whole(12)


def test_callbacks_end_a_batch_and_settle_an_answer_that_was_cut(cluster: Cluster) -> None:
    with Batch(cluster, "aifaceswap") as scene:
        scene.jobs(after_seconds=3)
        scene.fault("accept_then_break", input_has="n=3&")
        scene.start(items=scene.rows(12))
        scene.ends("success")

        assert scene.accepted == 12
        assert {line["job_id"] for line in scene.is_whole(12)} == set(scene.job_ids)
        (job_id,) = {line["job_id"] for line in scene.lines if line["index"] == 3}
        assert f"{IN_DOUBT}: its callback names job {job_id}" in scene.log
        scene.says(cost={"amount": 24.0, "unit": "credits"}, in_doubt=0)


def test_what_costs_more_than_max_cost_is_not_sent(cluster: Cluster) -> None:
    with Batch(cluster, "aifaceswap") as scene:
        scene.start(items=scene.rows(12), max_cost=9)
        scene.ends("success")

        assert scene.accepted == 4
        assert scene.statuses == {"success": 4, "not_sent": 8}
        result = scene.says(succeeded=4, not_sent=8, cost={"amount": 8.0, "unit": "credits"})
        assert result["stopped"] == "row 4 costs 2, and 1 of max_cost 9 are left"
