"""The cluster recovers from the deaths that other tests inflict on it."""

from __future__ import annotations

from harness.cluster import Cluster


def test_deferred_task_outlives_its_triggerer(cluster: Cluster) -> None:
    cluster.wait_for_dags({"wait_deferred"})
    run_id = cluster.rest.trigger_dag("wait_deferred")
    cluster.rest.wait_for_task("wait_deferred", run_id, "wait", {"deferred"})

    cluster.kill("triggerer")
    cluster.start("triggerer")

    assert cluster.rest.wait_for_run("wait_deferred", run_id) == "success"


def test_task_is_tried_again_when_its_worker_dies(cluster: Cluster) -> None:
    cluster.wait_for_dags({"wait_on_worker"})
    run_id = cluster.rest.trigger_dag("wait_on_worker")
    task = cluster.rest.wait_for_task("wait_on_worker", run_id, "wait", {"running"})

    assert cluster.kill_task(task["id"])

    assert cluster.rest.wait_for_run("wait_on_worker", run_id) == "success"
    assert cluster.rest.xcom("wait_on_worker", run_id, "wait") == 2


def test_task_is_tried_again_when_the_scheduler_dies_with_all_workers(cluster: Cluster) -> None:
    run_id = cluster.rest.trigger_dag("wait_on_worker")
    cluster.rest.wait_for_task("wait_on_worker", run_id, "wait", {"running"})

    # A scheduler that takes itself for dead would start the task again without our doing.
    assert "SchedulerJob instances as failed" not in cluster.process("scheduler").log.read_text()

    cluster.kill("scheduler")
    cluster.start("scheduler")

    assert cluster.rest.wait_for_run("wait_on_worker", run_id) == "success"
    assert cluster.rest.xcom("wait_on_worker", run_id, "wait") == 2
