"""A vendor of another package outlives the parts of a distributed Airflow as ours do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_faceswap.sandbox.server import SandboxServer
from harness.distributed.cluster import TRIGGERERS, CeleryCluster
from harness.rest import RUN_ENDED
from harness.s3 import PrivateBucket
from tests.cluster.case import Case
from tests.vendors.installed import load_server, running

PICTURES = 10
WAITING = {
    **{f"swap[{number}]": "deferred" for number in range(3)},
    "on_its_worker[-1]": "running",
    "batch[-1]": "deferred",
}


@pytest.fixture
def acme() -> Iterator[Any]:
    """Acme, whose swaps go on until they are let go."""
    module = load_server()
    server = module.Acme()
    server.holds, server.key = True, module.KEY

    class Handler(module.Handler):  # type: ignore[name-defined, misc]
        def answer(self, status: int, content: Any) -> None:
            held_back = isinstance(content, dict) and content.get("state") == "done" and server.holds
            super().answer(status, {"state": "running"} if held_back else content)

    server.RequestHandlerClass = Handler
    with running(server):
        yield server


class Elsewhere(Case):
    dag_id = "elsewhere"


def test_worker_and_triggerer_killed(
    acme: Any, cluster: CeleryCluster, sandbox: SandboxServer, bucket: PrivateBucket
) -> None:
    rest, case = cluster.rest, Elsewhere("elsewhere", cluster, sandbox, bucket)
    account = {"connection_id": "acme_account", "conn_type": "acme", "host": acme.url, "password": acme.key}
    rest.request("POST", "/connections", json=account)
    cluster.wait_for_dags({case.dag_id})
    rest.trigger_dag(case.dag_id, {"picture": f"{acme.url}/picture.png"}, run_id=case.name)
    case.eventually(lambda: len(acme.asked) == PICTURES and case.states() == WAITING, "waiting for all swaps")

    def blocking() -> dict[str, Any]:
        return rest.task_instance(case.dag_id, case.name, "on_its_worker")

    worker = cluster.worker_of(blocking()["id"])
    assert worker
    for name in (worker, TRIGGERERS[0]):
        cluster.kill(name)
        cluster.start(name)
    case.eventually(lambda: blocking()["try_number"] == 2, "the next try of the task whose worker died")
    acme.holds = False
    case.eventually(lambda: rest.run_state(case.dag_id, case.name) in RUN_ENDED, "ended")

    assert set(case.states().values()) == {"success"}, case.states()
    assert len(acme.asked) == PICTURES
    assert len([key for key in bucket.keys("results/elsewhere/") if key.endswith(".png")]) == PICTURES
