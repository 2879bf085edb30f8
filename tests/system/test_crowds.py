"""Many mapped tasks at a time: a vendor whose queue is short, and jobs that end at any moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.sandbox.server import SandboxServer
from harness.cluster import Cluster
from tests.patience import PLACES
from tests.system.run import Entry, Run, worker_starts

pytestmark = pytest.mark.slow

TASKS = 20
PLAN = 5
ENDS = [tenths / 10 for tenths in range(5, 100, 2)]


@dataclass
class Crowd:
    """A run with many tasks, and the vendor that it alone buys from."""

    run: Run
    vendor: httpx.Client

    def wait_for_deferred(self, least: int, timeout: float = 400) -> None:
        """Wait until so many tasks are deferred at the same time."""
        deadline = time.monotonic() + timeout
        while (deferred := [task["state"] for task in self.run.tasks()].count("deferred")) < least:
            assert time.monotonic() < deadline, f"{deferred} tasks are deferred, not {least}"
            time.sleep(1)

    def outcomes(self) -> list[tuple[str, int]]:
        return [(task["state"], task["try_number"]) for task in self.run.tasks() if task["task_id"] == "swap"]

    def logs(self) -> list[list[Entry]]:
        return [self.run.log("swap", index) for index in range(len(self.outcomes()))]

    @property
    def counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = self.vendor.get("/_sandbox/counts").json()
        return counts


def tell(vendor: httpx.Client, route: str, **policy: Any) -> None:
    vendor.post(f"/_sandbox/{route}", json=policy).raise_for_status()


@contextmanager
def crowd(cluster: Cluster, dag_id: str, policies: list[dict[str, Any]], **queue: Any) -> Iterator[Crowd]:
    """Start a run, with a vendor of its own that is told how jobs go on and how many it may hold."""
    with (
        SandboxServer() as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=30) as vendor,
    ):
        tell(vendor, "queue", **{"max_queued": None, **queue})
        for policy in policies:
            tell(vendor, "progress", **policy)
        connection = {"conn_type": "modelslab", "host": server.url, "password": server.key}
        body = {"connection_id": f"vendor_of_{dag_id}", **connection}
        cluster.rest.request("POST", "/connections", json=body)
        yield Crowd(Run.start(cluster, dag_id, conn_id=f"vendor_of_{dag_id}", origin=server.url), vendor)


@pytest.fixture(scope="module")
def crowds(cluster: Cluster, sensors: Run) -> Iterator[dict[str, Crowd]]:
    """Two runs at once, and the sensors that others look at: what one waits for another computes."""
    pool = {"name": "plan_of_five", "slots": PLAN, "include_deferred": True}
    cluster.rest.request("POST", "/pools", json=pool)
    short = {"after_seconds": 1.5, "eta": 1.5}
    long = {"input_has": "&long", "after_seconds": 8, "eta": None}
    with (
        # To begin with, somebody else's jobs fill the queue.
        crowd(cluster, "refused_for_now", [short], max_queued=0) as refused,
        crowd(cluster, "within_a_pool", [short, long], max_queued=PLAN) as pooled,
    ):
        yield {"refused_for_now": refused, "within_a_pool": pooled}


def test_no_task_fails_at_whatever_moment_its_job_ends(cluster: Cluster) -> None:
    ends = [{"input_has": f"?ends={end}", "after_seconds": end} for end in ENDS]
    with crowd(cluster, "ends_at_any_moment", ends) as all_ends:
        assert all_ends.run.ends() == "success"
        assert all_ends.outcomes() == [("success", 1)] * len(ENDS)
        assert all_ends.counts["accepted"] == {"single_video_swap": len(ENDS)}
        # The point of it is that they are resumed.
        assert [worker_starts(log) for log in all_ends.logs()] == [2] * len(ENDS)


def test_tasks_that_are_refused_for_now_wait_without_a_worker_and_burn_no_try(
    crowds: dict[str, Crowd],
) -> None:
    refused = crowds["refused_for_now"]
    # More tasks wait at the same time than there are places on workers.
    refused.wait_for_deferred(PLACES + 1)
    tell(refused.vendor, "queue", max_queued=PLAN)
    assert refused.run.ends() == "success"
    assert refused.outcomes() == [("success", 1)] * TASKS
    counts = refused.counts
    assert counts["accepted"] == {"single_video_swap": TASKS}
    assert counts["duplicates"] == 0
    assert counts["peak_queued"] <= PLAN
    logs = refused.logs()
    refusals = [sum("; submitting again in" in entry["event"] for entry in log) for log in logs]
    assert sum(refusals) == counts["refused"]["queue_full"] > PLACES
    # Jobs so short are waited for on the worker. So each further start follows a refusal: the worker
    # was given back after each.
    assert [worker_starts(log) for log in logs] == [1 + times for times in refusals]


def test_a_pool_with_the_plans_queue_limit_keeps_tasks_from_being_refused(crowds: dict[str, Crowd]) -> None:
    pooled = crowds["within_a_pool"]
    assert pooled.run.ends() == "success"
    assert pooled.outcomes() == [("success", 1)] * TASKS
    assert pooled.counts["accepted"] == {"single_video_swap": TASKS}
    assert sum(pooled.counts["refused"].values()) <= 1
    # The first ones were deferred, and held their places in the pool.
    assert [worker_starts(log) for log in pooled.logs()] == [2] * PLAN + [1] * (TASKS - PLAN)
