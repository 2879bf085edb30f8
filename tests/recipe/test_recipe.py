"""A vendor is one thing to add: its own files and one line in a list, and this test says what is missing."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

import airflow_provider_faceswap
from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.get_provider_info import get_provider_info
from tests import fakes
from tests.recipe.server import serve_app

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(airflow_provider_faceswap.__file__).parent
KEY = "acme-key-4f1d"
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"clip" * 1000


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_has_all_that_the_recipe_lists(name: str) -> None:
    for room in ("apis", "hooks", "operators", "sensors"):
        assert (PACKAGE / room / f"{name}.py").is_file(), f"{room}/{name}.py"
    for module in ("routes", "fields", "replies"):
        assert (PACKAGE / "sandbox" / name / f"{module}.py").is_file(), f"sandbox/{name}/{module}.py"
    samples = [case for case in (ROOT / "tests/samples" / name).iterdir() if (case / "body").is_file()]
    assert len(samples) > 5, f"tests/samples/{name}"
    info = get_provider_info()
    assert name in {item["connection-type"] for item in info["connection-types"]}
    for kind in ("operators", "sensors", "hooks"):
        modules = {module for item in info[kind] for module in item["python-modules"]}
        assert f"airflow_provider_faceswap.{kind}.{name}" in modules
    examples = "".join(path.read_text() for path in (ROOT / "example_dags").glob("*.py"))
    assert f"operators.{name} import" in examples, f"no example Dag imports operators.{name}"


@pytest.mark.parametrize("name", VENDORS)
def test_each_operation_has_an_operator_in_the_readme_and_a_page(name: str) -> None:
    readme = (ROOT / "README.md").read_text()
    module = importlib.import_module(f"airflow_provider_faceswap.operators.{name}")
    operators = {
        item.operation: item.__name__
        for item in vars(module).values()
        if isinstance(item, type) and hasattr(item, "operation") and item.__module__ == module.__name__
    }
    for request in vendor(name).operations.values():
        assert request.docs
        assert f"`operators.{name}.{operators[request.operation]}`" in readme


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the vendor: its files, and one line in the list."""
    monkeypatch.setitem(VENDORS, "acme", "Acme")
    for room in ("apis", "hooks"):
        module = importlib.import_module(f"tests.recipe.{room}_acme")
        monkeypatch.setitem(sys.modules, f"airflow_provider_faceswap.{room}.acme", module)


class AcmeServer:
    """Acme itself: a job is done at its second poll."""

    def __init__(self) -> None:
        self.accepted = 0
        self.keys: set[str] = set()
        self.polls = 0
        self.media = MP4

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/swap", self.swap)
        app.router.add_get("/v9/status/{job}", self.status)
        app.router.add_get("/result.mp4", self.result)
        app.router.add_get("/media/17", self.input)
        return app

    async def swap(self, request: web.Request) -> web.Response:
        self.keys.add(request.headers.get("x-acme-key", ""))
        fields = await request.json()
        if "faceless" in fields["face"]:
            return web.json_response({"problem": "no face in the picture"}, status=400)
        self.accepted += 1
        return web.json_response({"status_url": f"http://{request.host}/v9/status/a-{self.accepted}"})

    async def status(self, request: web.Request) -> web.Response:
        self.keys.add(request.headers.get("x-acme-key", ""))
        self.polls += 1
        if self.polls < 2:
            return web.json_response({"state": "waiting"})
        return web.json_response({"state": "done", "result": f"http://{request.host}/result.mp4"})

    async def input(self, request: web.Request) -> web.Response:
        return web.Response(body=self.media)

    async def result(self, request: web.Request) -> web.Response:
        return web.Response(body=MP4)


@pytest.fixture
def server(acme: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[AcmeServer]:
    server = AcmeServer()
    with serve_app(server.app()) as url:
        connection = {"conn_type": "acme", "password": KEY, "host": url}
        monkeypatch.setenv("AIRFLOW_CONN_ACME_DEFAULT", json.dumps(connection))
        yield server


def operator(**kwargs: Any) -> Any:
    from tests.recipe.classes_acme import AcmeSwapOperator

    fields = {"face": "https://example.com/face.jpg", "clip": "https://example.com/clip.mp4"}
    return AcmeSwapOperator(**{"task_id": "swap", "poll_interval": 0.2, **fields, **kwargs})


def test_it_is_bought_once_waited_for_and_stored(server: AcmeServer, tmp_path: Path) -> None:
    store = fakes.FakeStore()
    for _ in range(2):
        result = operator(output_path=tmp_path).execute(fakes.context(store))
        assert result["stored"] == [f"file://{tmp_path}/acme-a-1.mp4"]
    assert (tmp_path / "acme-a-1.mp4").read_bytes() == MP4
    assert (server.accepted, server.keys) == (1, {KEY})


def test_it_is_bought_in_the_common_vocabulary(server: AcmeServer) -> None:
    from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

    result = FaceSwapOperator(
        task_id="swap",
        conn_id="acme_default",
        face="https://example.com/face.jpg",
        target="https://example.com/clip.mp4",
        poll_interval=0.2,
    ).execute(fakes.context(fakes.FakeStore()))
    assert (result["provider"], result["operation"], server.accepted) == ("acme", "swap", 1)


@pytest.mark.parametrize(
    ("content", "says"), [(MP4, ""), (b"<html>not here", "target: is neither a picture nor a clip")]
)
def test_a_target_without_a_suffix_is_looked_at(server: AcmeServer, content: bytes, says: str) -> None:
    from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

    server.media = content
    host = json.loads(os.environ["AIRFLOW_CONN_ACME_DEFAULT"])["host"]
    swap = FaceSwapOperator(
        task_id="swap",
        conn_id="acme_default",
        face="https://example.com/face.jpg",
        target=f"{host}/media/17",
        poll_interval=0.2,
    )
    with pytest.raises(AirflowFailException, match=says) if says else nullcontext():
        swap.execute(fakes.context(fakes.FakeStore()))
    assert server.accepted == (0 if says else 1)


def test_it_is_waited_for_in_the_triggerer(server: AcmeServer) -> None:
    one, context = operator(deferrable=True), fakes.context(fakes.FakeStore())
    with pytest.raises(TaskDeferred) as deferral:
        one.execute(context)
    trigger = deferral.value.trigger
    (ended,) = asyncio.run(trigger._wait_for_all())
    assert ended.state == "success"
    event = {"counts": {}, "states": {"a-1": "success"}, "problems": {}}
    assert one.execute_complete(context, event)["output"]
    assert server.accepted == 1


def test_its_refusal_fails_the_task_in_its_words(server: AcmeServer) -> None:
    with pytest.raises(AirflowFailException, match="Acme refused the job: no face in the picture"):
        operator(face="https://example.com/faceless.jpg").execute(fakes.context(fakes.FakeStore()))
    assert server.accepted == 0


def test_a_sensor_waits_for_it(server: AcmeServer) -> None:
    from tests.recipe.classes_acme import AcmeStatusSensor

    submitted = operator(wait_for_completion=False).execute(fakes.context(fakes.FakeStore()))
    status_path = f"/v9/status/{submitted['job_id']}"
    sensor = AcmeStatusSensor(task_id="wait", job_id=submitted, status_path=status_path, poke_interval=0.2)
    assert sensor.execute(fakes.context())["status"] == "success"
