"""A vendor of another package, which is installed for the whole cluster: all that ours can, it can."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.cluster import Cluster
from tests.system.run import Run
from tests.vendors.installed import load_server, running

pytestmark = pytest.mark.together


def broken(acme: ModuleType) -> Any:
    """Acme behind a proxy that answers with a page of its own: whether Acme took the job, nobody knows."""

    class Handler(acme.Handler):  # type: ignore[name-defined, misc]
        def answer(self, status: int, content: object) -> None:
            super().answer(502, b"<html>Bad gateway</html>" if self.command == "POST" else content)

    server = acme.Acme()
    server.RequestHandlerClass = Handler
    return server


def connect(cluster: Cluster, conn_id: str, url: str, key: str) -> None:
    body = {"connection_id": conn_id, "conn_type": "acme", "host": url, "password": key}
    cluster.rest.request("POST", "/connections", json=body)


def test_a_vendor_of_another_package_is_as_good_as_ours(cluster: Cluster) -> None:
    acme = load_server()
    results = Path(cluster.env["AIRFLOW__FACESWAP__LOCAL_ROOTS"], "other_vendor")
    with ExitStack() as stack:
        works, fails = stack.enter_context(running(acme.Acme())), stack.enter_context(running(broken(acme)))
        connect(cluster, "acme_account", works.url, acme.KEY)
        connect(cluster, "acme_broken", fails.url, acme.KEY)
        the_form_of_a_connection(cluster)
        run = Run.start(
            cluster, "other_vendor", picture=f"{works.url}/picture.png", output_path=results.as_uri()
        )
        run.ends()

        assert {name: state for name, state in run.states().items() if name != "doubt"} == {
            "swap": "success",
            "own": "success",
            "batch": "success",
        }, [run.errors(name) for name in ("swap", "own", "batch")]
        assert len(works.asked) == 5
        what_is_returned_and_stored(run, results, acme.PICTURE)
        what_the_pages_ask_for(run, acme.PICTURE)

        (task,) = [task for task in run.tasks() if task["task_id"] == "doubt"]
        assert (task["state"], task["try_number"], len(fails.asked)) == ("failed", 1, 1)
        assert "submission in doubt" in run.errors("doubt")[0]
    logs = Path(cluster.home, "logs", "dag_id=other_vendor").rglob("*.log")
    assert [path for path in logs if acme.KEY in path.read_text()] == []


def the_form_of_a_connection(cluster: Cluster) -> None:
    forms = cluster.rest.request("GET", f"{cluster.url}/ui/connections/hook_meta")
    (form,) = [form for form in forms if form["connection_type"] == "acme"]
    assert form["hook_name"] == "Acme"
    assert form["standard_fields"]["host"]["placeholder"] == "Leave empty for https://api.acme.example"
    assert "requests_per_second" in form["extra_fields"]


def what_is_returned_and_stored(run: Run, results: Path, picture: bytes) -> None:
    for name in ("swap", "own"):
        result = run.result(name)
        assert (result["provider"], result["operation"], result["status"]) == ("acme", "swap", "success")
        assert result["cost"] is None and result["job_id"].startswith("a-")
    assert [path.read_bytes() for path in results.glob("swap/acme-a-*.png")] == [picture]
    summary = run.result("batch")
    assert (summary["total"], summary["succeeded"]) == (3, 3)
    assert {path.name for path in results.glob("batch/*.png")} == {f"row-{number}.png" for number in range(3)}


def what_the_pages_ask_for(run: Run, picture: bytes) -> None:
    rest, pages = run.cluster.rest, f"{run.cluster.url}/faceswap/pages"
    path = f"/dags/other_vendor/dagRuns/{run.id}/taskInstances/swap/state-store/faceswap"
    entry = rest.request("GET", path)["value"]
    assert (entry["provider"], entry["state"]) == ("acme", "finished")
    one = {"run_id": run.id, "task_id": "swap", "stored": 0}
    assert rest._send("GET", f"{pages}/dags/other_vendor/media", params=one).content == picture
    batch = {"run_id": run.id, "task_id": "batch"}
    rows = rest.request("GET", f"{pages}/dags/other_vendor/rows", params=batch)["rows"]
    assert [(row["provider"], row["status"]) for row in rows] == [("acme", "success")] * 3
    row = rest._send("GET", f"{pages}/dags/other_vendor/media", params={**batch, "row": 0, "stored": 0})
    assert row.content == picture
    names = {"operator_name_pattern": "FaceSwap|ModelsLab|Segmind", "limit": 100}
    listed = rest.request("GET", "/dags/other_vendor/dagRuns/~/taskInstances", params=names)["task_instances"]
    assert {task["task_id"] for task in listed} == {"swap", "own", "batch", "doubt"}
