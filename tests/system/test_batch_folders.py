"""Batches that share a folder: after one another they go on, beside one another they do not."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster
from tests.system.batches import Batch
from tests.system.scene import eventually

pytestmark = pytest.mark.together


def test_a_later_run_buys_what_is_new_and_what_failed(cluster: Cluster) -> None:
    with Batch(cluster) as scene:
        scene.jobs(after_seconds=1)
        scene.jobs("failed", message="The face is turned away.", after_seconds=1, input_has="n=2&")
        scene.start(items=scene.rows(5))
        scene.fails_at_once("The face is turned away.")
        first = {line["index"]: line["job_id"] for line in scene.is_whole(5, succeeded=4)}

        scene.jobs(after_seconds=1)
        scene.start(items=scene.rows(7))
        scene.ends("success")
        scene.says(total=7, succeeded=7, reused=4)
        assert scene.accepted == 5 + 3
        second = {line["index"]: line["job_id"] for line in scene.is_whole(7)}
        assert {index for index, job_id in first.items() if second[index] == job_id} == {0, 1, 3, 4}


def test_a_second_run_at_the_same_time_fails_and_names_the_first(cluster: Cluster) -> None:
    with Batch(cluster, dag_id="batch_without_retries") as scene:
        scene.jobs("never")
        scene.start(items=scene.rows(3))
        scene.reaches("deferred")
        first = scene.run_id
        scene.start(items=scene.rows(3, start=3))
        scene.fails_at_once("output_path is in use by")
        assert f"Dag 'batch_without_retries', run '{first}'" in scene.log
        assert scene.accepted == 3

        scene.finish_jobs()
        scene.run_id, second = first, scene.run_id
        scene.ends("success")
        scene.is_whole(3)
        # Now the folder is free.
        scene.run_id = second
        scene.jobs(after_seconds=1)
        scene.ends("success", since_try=scene.clear())
        assert scene.accepted == 6
        assert scene.statuses == {"success": 6}


def test_of_two_mapped_batches_one_fails_and_names_the_other(cluster: Cluster) -> None:
    with Batch(cluster, dag_id="batches_side_by_side") as scene:
        scene.jobs("never")
        scene.start(parts=[scene.rows(3), scene.rows(3, start=3)])
        rest = cluster.rest

        def states() -> dict[int, str]:
            tasks = rest.task_instances(scene.dag_id, scene.run_id)
            return {task["map_index"]: task["state"] for task in tasks if task["task_id"] == scene.task_id}

        def one_failed() -> bool:
            return sorted(map(str, states().values())) == ["deferred", "failed"]

        eventually(one_failed, "one of two mapped batches failed", every=2)
        found = {state: index for index, state in states().items()}
        log = rest.task_log(scene.dag_id, scene.run_id, scene.task_id, map_index=found["failed"])
        assert f"map index {found['deferred']}" in log
        assert scene.accepted == 3

        scene.finish_jobs()
        scene.run_ends("failed")
        assert sorted(states().values()) == ["failed", "success"]
        scene.is_whole(3)
