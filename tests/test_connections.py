"""A connection is "not defined" only if Airflow's API server says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ConnectionResult, ErrorResponse, GetConnection

from airflow_provider_faceswap import connections
from airflow_provider_faceswap.connections import get_connection
from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.hooks import provider_of
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.storage.folders import open_folder

EMPTY: dict[str, Any] = dict.fromkeys(["host", "schema", "login", "port", "extra"])
FOUND = ConnectionResult(**EMPTY, conn_id="account", conn_type="modelslab", password="key-1")


class Line:
    """A task's line to its supervisor, which passes on what the API server says."""

    def __init__(self) -> None:
        self.asked = 0
        self.errors: list[int] = []
        """HTTP statuses that the next questions meet; 0 for an answer."""
        self.defined = True

    def send(self, msg: Any) -> Any:
        if not isinstance(msg, GetConnection):
            return None  # a secret to mask
        self.asked += 1
        if self.errors and (status := self.errors.pop(0)):
            error = ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": status})
            raise AirflowRuntimeError(error)
        if self.defined:
            return FOUND
        return ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    from airflow.sdk.execution_time import supervisor
    from airflow.sdk.execution_time.secrets.execution_api import ExecutionAPISecretsBackend

    line = Line()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", line, raising=False)
    monkeypatch.setattr(supervisor, "ensure_secrets_backend_loaded", lambda: [ExecutionAPISecretsBackend()])
    monkeypatch.setattr(connections, "_PAUSE", 0.0)
    yield line


@pytest.mark.parametrize("outage", [[500], [500, 500], [500, 503, 500, 500], [500, 0, 500]])
def test_a_failed_lookup_is_not_taken_for_a_missing_connection(line: Line, outage: list[int]) -> None:
    line.errors = outage
    assert get_connection("account").password == "key-1"


def test_a_missing_connection_is_found_missing_at_once(line: Line) -> None:
    line.defined = False
    with pytest.raises(AirflowNotFoundException):
        get_connection("account")
    assert line.asked == 2


def test_an_api_server_that_refuses_to_say_is_not_waited_for(line: Line) -> None:
    line.errors = [400, 400]
    with pytest.raises(AirflowNotFoundException):
        get_connection("account")
    assert line.asked == 2


def test_it_is_given_up_after_a_while(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    monkeypatch.setattr(connections, "_PAUSE", 0.05)
    line.errors = [500] * 1000
    with pytest.raises(AirflowNotFoundException):
        get_connection("account")
    assert 4 <= line.asked < 1000


def test_where_nobody_can_be_asked_the_environment_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)
    with pytest.raises(AirflowNotFoundException):
        get_connection("nowhere")


def test_every_lookup_of_the_package_waits(line: Line) -> None:
    for look_up in (
        lambda: provider_of("account"),
        lambda: ModelsLabHook("account").settings,
        lambda: open_folder("file://account@/tmp"),
    ):
        line.asked, line.errors = 0, [500, 500]
        with suppress(InputError):  # the store's connection is of the wrong kind
            look_up()
        assert line.asked == 3


def test_a_hook_with_a_lookup_of_its_own_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(ModelsLabHook):
        @classmethod
        def get_connection(cls, conn_id: str) -> Any:
            return Connection(conn_id=conn_id, conn_type="modelslab", password="key-1")

    monkeypatch.setattr(BaseHook, "get_connection", lambda conn_id: pytest.fail("the base's was used"))
    assert Own("mine").settings.api_key.get_secret_value() == "key-1"
