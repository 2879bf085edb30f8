"""Airflow's own components are killed while a job runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.cluster import Cluster
from tests.system.scene import Scene

pytestmark = pytest.mark.durability


@pytest.fixture
def deferred(cluster: Cluster) -> Iterator[Scene]:
    """A task that is deferred, its job watched, and that ends when the job does."""
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start()
        scene.reaches("deferred")
        scene.is_looked_at()
        yield scene
        scene.finish_jobs()
        scene.ends("success")
        assert scene.accepted == 1


def test_triggerer_killed_and_started_again(cluster: Cluster, deferred: Scene) -> None:
    cluster.kill("triggerer")
    cluster.start("triggerer")


def test_triggerer_killed_and_another_goes_on(cluster: Cluster, deferred: Scene) -> None:
    cluster.start("triggerer-2")
    cluster.kill("triggerer")
    deferred.is_looked_at(deferred.counts["fetches"] + 1)
    cluster.start("triggerer")
    cluster.kill("triggerer-2")


def test_scheduler_killed_and_started_again(cluster: Cluster, deferred: Scene) -> None:
    cluster.kill("scheduler")
    cluster.start("scheduler")


def test_scheduler_killed_with_the_worker_that_waits_for_the_job(cluster: Cluster) -> None:
    with Scene(cluster) as scene:
        scene.jobs("never")
        scene.start(deferrable=False)
        scene.is_looked_at()
        assert scene.task["try_number"] == 1, "the scheduler took itself for dead"
        cluster.kill("scheduler")
        cluster.start("scheduler")
        scene.finish_jobs()
        scene.ends("success", since_try=1)

        assert scene.accepted == 1


def test_api_server_killed_and_started_again(cluster: Cluster, deferred: Scene) -> None:
    for part in ("api-server", "execution-api"):
        cluster.kill(part)
    deferred.finish_jobs()
    for part in ("api-server", "execution-api"):
        cluster.start(part)
    cluster.wait_until_healthy()
