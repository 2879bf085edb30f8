"""A connection is "not defined" only if Airflow says so while its database answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import (
    ConnectionResult,
    DRCount,
    ErrorResponse,
    GetConnection,
    GetDRCount,
)

from airflow_provider_faceswap import connections
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.connections import get_connection
from airflow_provider_faceswap.exceptions import (
    FaceSwapError,
    InboxError,
    InputError,
    NotSentError,
    ResultError,
    SettingsError,
)
from airflow_provider_faceswap.execution.airflow_errors import is_final
from airflow_provider_faceswap.hooks import provider_of
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.storage.checks import check_writable
from airflow_provider_faceswap.storage.folders import open_folder
from airflow_provider_faceswap.storage.places import open_output, open_place

EMPTY: dict[str, Any] = dict.fromkeys(["host", "schema", "login", "port", "extra"])
FOUND = ConnectionResult(**EMPTY, conn_id="account", conn_type="modelslab", password="key-1")

STORE = "s3://account@bucket/folder"
NOT_FOUND = ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND)


class Line:
    """A task's line to its supervisor, which passes on what the API server says."""

    def __init__(self) -> None:
        self.asked = 0
        self.down: list[str] = []
        """What the next questions meet: a database that is ``down``, or ``up``."""
        self.defined = True
        self.status = 500

    def send(self, msg: Any) -> Any:
        if not isinstance(msg, (GetConnection, GetDRCount)):
            return None  # a secret to mask
        self.asked += 1
        down = bool(self.down) and self.down.pop(0) == "down"
        if isinstance(msg, GetConnection):  # the API server says 404 of a database that is down
            return FOUND if self.defined and not down else NOT_FOUND
        if down:
            detail = {"status_code": self.status}
            raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail=detail))
        return DRCount(count=0)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    from airflow.sdk.execution_time import supervisor
    from airflow.sdk.execution_time.secrets.execution_api import ExecutionAPISecretsBackend

    line = Line()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", line, raising=False)
    monkeypatch.setattr(supervisor, "ensure_secrets_backend_loaded", lambda: [ExecutionAPISecretsBackend()])
    monkeypatch.setattr(connections, "_PAUSE", 0.0)
    yield line


@pytest.mark.parametrize(
    "outage",
    ["down", "down down", "down down " * 20, "down up", "down up down up", "down down up up down up"],
)
def test_a_failed_lookup_is_not_taken_for_a_missing_connection(line: Line, outage: str) -> None:
    line.down = outage.split()
    assert get_connection("account").password == "key-1"


def test_a_missing_connection_is_missing_the_third_time(line: Line) -> None:
    line.defined, line.down = False, ["up"] * 4 + ["down"] * 2
    with pytest.raises(AirflowNotFoundException):
        get_connection("account")
    assert line.asked == 2 * (2 + 1 + 3)


def test_an_api_server_that_refuses_to_say_does_answer(line: Line) -> None:
    line.down, line.status = ["down"] * 6, 403
    with pytest.raises(AirflowNotFoundException):
        get_connection("account")
    assert line.asked == 6


UNANSWERED = "cannot be looked up now, as Airflow's database does not answer"


@pytest.fixture
def outage(line: Line, monkeypatch: pytest.MonkeyPatch) -> Line:
    """A database that is gone for longer than is waited for it."""
    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    monkeypatch.setattr(connections, "_PAUSE", 0.05)
    line.down = ["down"] * 1000
    return line


def test_it_is_given_up_after_a_while(outage: Line) -> None:
    with pytest.raises(NotSentError, match=f"^connection 'account' {UNANSWERED}; run the task again$"):
        get_connection("account")
    assert 2 <= outage.asked < 1000


@pytest.mark.parametrize(
    ("look_up", "error", "said"),
    [
        (lambda: provider_of("account"), NotSentError, "connection 'account'"),
        (lambda: ModelsLabHook("account").settings, NotSentError, "connection 'account'"),
        (lambda: open_folder(STORE, "target"), NotSentError, "target names the connection 'account', which"),
        (lambda: open_output(STORE), NotSentError, "output_path names the connection 'account', which"),
        (lambda: check_writable(STORE), NotSentError, "output_path names the connection 'account', which"),
        (lambda: open_place(STORE, ResultError), ResultError, "names the connection 'account', which"),
        (lambda: Inbox(STORE).remove("a", "b"), InboxError, r"\[faceswap\] inbox names the connection"),
    ],
)
def test_what_cannot_be_looked_up_now_is_not_wrong(
    outage: Line, look_up: Callable[[], object], error: type[FaceSwapError], said: str
) -> None:
    with pytest.raises(error, match=f"^{said}.* {UNANSWERED}") as caught:
        look_up()
    assert not is_final(caught.value) and not isinstance(caught.value, SettingsError)


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
        line.asked, line.down = 0, ["down", "down"]
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
