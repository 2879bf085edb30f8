"""The tiny package of docs/adding-a-vendor.md: bought once, waited for, stored, by every way there is."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.sensors.base import JobSensor
from tests import fakes
from tests.vendors.installed import ACME

FACE = "https://example.com/face.jpg"
TARGET = "https://example.com/target.jpg"


@pytest.fixture
def server(acme: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from acme_faceswap.server import KEY, Acme

    with Acme() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        connection = {"conn_type": "acme", "password": KEY, "host": server.url}
        monkeypatch.setenv("AIRFLOW_CONN_ACME_DEFAULT", json.dumps(connection))
        yield server
        server.shutdown()
        thread.join()


def operator(**given: Any) -> Any:
    from acme_faceswap.operators import AcmeFaceSwapOperator

    fields = {"face": FACE, "target": TARGET}
    return AcmeFaceSwapOperator(**{"task_id": "swap", "poll_interval": 0.2, **fields, **given})


def generic(**given: Any) -> Any:
    from airflow_provider_faceswap.operators.faceswap import FaceSwapOperator

    fields = {"conn_id": "acme_default", "face": FACE, "target": TARGET}
    return FaceSwapOperator(**{"task_id": "swap", "poll_interval": 0.2, **fields, **given})


def bought(server: Any) -> int:
    return len(server.asked)


@pytest.mark.parametrize("make", [operator, generic])
def test_it_is_bought_once_waited_for_and_stored(server: Any, tmp_path: Path, make: Any) -> None:
    store = fakes.FakeStore()
    for _ in range(2):
        result = make(output_path=tmp_path).execute(fakes.context(store))
        assert (result["provider"], result["operation"]) == ("acme", "swap")
        assert result["stored"] == [f"file://{tmp_path}/acme-a-1.png"]
    assert bought(server) == 1


def test_its_own_options_are_given_to_the_operator_for_all_vendors(server: Any) -> None:
    assert generic(options={"quality": "draft"}).execute(fakes.context(fakes.FakeStore()))["output"]
    with pytest.raises(
        AirflowFailException, match="options: 'speed' is not an option of Acme here: swap takes"
    ):
        generic(options={"speed": 1}).execute(fakes.context(fakes.FakeStore()))


def test_it_is_waited_for_in_the_triggerer(server: Any) -> None:
    one, context = operator(deferrable=True, short_wait=0), fakes.context(fakes.FakeStore())
    with pytest.raises(TaskDeferred) as deferral:
        one.execute(context)
    (ended,) = asyncio.run(deferral.value.trigger._wait_for_all())
    assert ended.state == "success"
    event = {"counts": {}, "states": {"a-1": "success"}, "problems": {}}
    assert one.execute_complete(context, event)["output"]
    assert bought(server) == 1


def test_its_refusal_fails_the_task_in_its_words(server: Any) -> None:
    with pytest.raises(AirflowFailException, match="Acme refused the job: no face found"):
        operator(face="https://example.com/faceless.jpg").execute(fakes.context(fakes.FakeStore()))
    assert bought(server) == 0


def test_a_sensor_of_its_own_is_one_attribute(server: Any) -> None:
    class AcmeSensor(JobSensor):
        provider = "acme"

    submitted = operator(wait_for_completion=False).execute(fakes.context(fakes.FakeStore()))
    sensor = AcmeSensor(task_id="wait", conn_id="acme_default", job_id=submitted, poke_interval=0.2)
    assert sensor.execute(fakes.context())["status"] == "success"


def test_a_connection_is_tested_with_the_key(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"Acme at {server.url} accepts the API key"
    assert hook_for("acme", "acme_default").test_connection() == (True, said)
    connection = json.loads(os.environ["AIRFLOW_CONN_ACME_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_ACME_DEFAULT", json.dumps({**connection, "password": "other-key"}))
    works, said = hook_for("acme", "acme_default").test_connection()
    assert (works, said) == (
        False,
        "Acme refused the API key: wrong key; correct the API key in the connection's password",
    )


def test_its_own_tests_pass_as_its_author_runs_them(acme_folder: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(acme_folder), "AIRFLOW_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ACME)]
    run = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert "2 passed" in run.stdout, run.stdout


def test_airflow_reads_its_info_and_imports_nothing_else_of_it(acme_folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from airflow.providers_manager import ProvidersManager\n"
        "assert 'acme-faceswap' in ProvidersManager().providers\n"
        "print(*(name for name in sys.modules if name.startswith('acme_faceswap')))"
    )
    env = {**os.environ, "PYTHONPATH": str(acme_folder), "AIRFLOW_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert set(run.stdout.splitlines()[-1].split()) == {"acme_faceswap", "acme_faceswap.provider"}
