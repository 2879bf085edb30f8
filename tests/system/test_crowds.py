"""Many mapped tasks at a time: a vendor whose queue is short, and jobs that end at any moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.sandbox.server import SandboxServer
from demo.cluster import Cluster
from tests.system.run import Run, worker_starts

pytestmark = pytest.mark.slow

TASKS = 30
PLAN = 5
SLOTS = 16
ENDS = [tenths / 10 for tenths in range(5, 100, 2)]


@dataclass
class Crowd:
    """A run with many tasks, and the vendor that it alone buys from."""

    run: Run
    vendor: httpx.Client

    def wait_for_deferred(self, least: int, timeout: float = 150) -> None:
        """Wait until so many tasks are deferred at the same time."""
        deadline = time.monotonic() + timeout
        while (deferred := [task["state"] for task in self.run.tasks()].count("deferred")) < least:
            assert time.monotonic() < deadline, f"{deferred} tasks are deferred, not {least}"
            time.sleep(1)

    def outcomes(self) -> list[tuple[str, int]]:
        return [(task["state"], task["try_number"]) for task in self.run.tasks()]

    @property
    def counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = self.vendor.get("/_sandbox/counts").json()
        return counts


def tell(vendor: httpx.Client, route: str, policy: dict[str, Any]) -> None:
    vendor.post(f"/_sandbox/{route}", json=policy).raise_for_status()


def policies(dag_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What the vendor of a run is told: queue and progress."""
    if dag_id == "ends_at_any_moment":
        return [("progress", {"input_has": f"?ends={end}", "after_seconds": end}) for end in ENDS]
    short = {"after_seconds": 1.5, "eta": 1.5}
    long = {"input_has": "&long", "after_seconds": 8, "eta": None}
    # To begin with, somebody else's jobs fill the queue of those who are refused.
    places = 0 if dag_id == "refused_for_now" else PLAN
    return [("queue", {"max_queued": places}), ("progress", short), ("progress", long)]


@pytest.fixture(scope="module")
def crowds(cluster: Cluster) -> Iterator[dict[str, Crowd]]:
    """All runs at once: what one waits for another computes."""
    pool = {"name": "plan_of_five", "slots": PLAN, "include_deferred": True}
    cluster.rest.request("POST", "/pools", json=pool)
    with ExitStack() as stack:
        crowds = {}
        for dag_id in ("refused_for_now", "within_a_pool", "ends_at_any_moment"):
            vendor = stack.enter_context(SandboxServer())
            client = stack.enter_context(httpx.Client(base_url=vendor.url, trust_env=False, timeout=30))
            for route, policy in policies(dag_id):
                tell(client, route, policy)
            connection = {"conn_type": "modelslab", "host": vendor.url, "password": vendor.key}
            body = {"connection_id": f"vendor_of_{dag_id}", **connection}
            cluster.rest.request("POST", "/connections", json=body)
            run = Run.start(cluster, dag_id, conn_id=f"vendor_of_{dag_id}", origin=vendor.url)
            crowds[dag_id] = Crowd(run, client)
        yield crowds


def test_tasks_that_are_refused_for_now_wait_without_a_worker_and_burn_no_try(
    crowds: dict[str, Crowd],
) -> None:
    crowd = crowds["refused_for_now"]
    # More tasks wait at the same time than there are places on workers.
    crowd.wait_for_deferred(SLOTS + 1)
    tell(crowd.vendor, "queue", {"max_queued": PLAN})
    assert crowd.run.ends() == "success"
    assert crowd.outcomes() == [("success", 1)] * TASKS
    counts = crowd.counts
    assert counts["accepted"] == {"single_video_swap": TASKS}
    assert counts["duplicates"] == 0
    assert counts["peak_queued"] <= PLAN
    logs = [crowd.run.log("swap", map_index) for map_index in range(TASKS)]
    refusals = [sum("; submitting again in" in entry["event"] for entry in log) for log in logs]
    assert sum(refusals) == counts["refused"]["queue_full"] > SLOTS
    # Jobs so short are waited for on the worker. So each further start follows a refusal: the worker
    # was given back after each.
    assert [worker_starts(log) for log in logs] == [1 + refused for refused in refusals]


def test_a_pool_with_the_plans_queue_limit_keeps_tasks_from_being_refused(crowds: dict[str, Crowd]) -> None:
    crowd = crowds["within_a_pool"]
    assert crowd.run.ends() == "success"
    assert crowd.outcomes() == [("success", 1)] * TASKS
    assert crowd.counts["accepted"] == {"single_video_swap": TASKS}
    assert sum(crowd.counts["refused"].values()) <= 1
    assert worker_starts(crowd.run.log("swap", 0)) == 2, "some are deferred, and hold their place in the pool"


def test_no_task_fails_at_whatever_moment_its_job_ends(crowds: dict[str, Crowd]) -> None:
    crowd = crowds["ends_at_any_moment"]
    assert crowd.run.ends() == "success"
    assert crowd.outcomes() == [("success", 1)] * len(ENDS)
    assert crowd.counts["accepted"] == {"single_video_swap": len(ENDS)}
    # The point of it is that they are resumed, which is when the scheduler may fail them.
    starts = [worker_starts(crowd.run.log("swap", index)) for index in range(len(ENDS))]
    assert starts == [2] * len(ENDS)
