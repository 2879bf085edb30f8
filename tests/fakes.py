"""What stands in for Airflow, a vendor, the network and the time in tests of one process."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse
from airflow.sdk.execution_time.context import OutletEventAccessors
from pydantic import JsonValue, SecretStr, TypeAdapter

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.ticket import Ticket
from airflow_provider_faceswap.exceptions import AuthenticationError, NotSentError, RefusedError
from airflow_provider_faceswap.execution.completion import Completion
from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.storage import outputs
from airflow_provider_faceswap.storage.formats import Fetched, measure
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger

RESULT = "https://cdn.example.com/result.mp4?token=t0k3n"
MP4 = b"\x00\x00\x00\x20ftypisom" + b"mp4 " * 100
JPEG = b"\xff\xd8\xff\xe0" + b"jpeg" * 100
START = 1_800_000_000.0
_JSON: TypeAdapter[Any] = TypeAdapter(JsonValue)


class Killed(BaseException):
    """SIGKILL, as far as one process can play it."""


class FakeClock:
    """Only sleeping moves it. It also stands in for the module ``time``."""

    def __init__(self, seconds: float = START) -> None:
        self.seconds = seconds
        self.slept: list[float] = []

    def time(self) -> float:
        return self.seconds

    monotonic = time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.seconds += seconds


class FakeTaskInstance:
    """One try; keeps XComs."""

    dag_id, run_id, task_id, map_index = "dag", "manual__1", "swap", -1

    def __init__(self, try_number: int = 1, max_tries: int = 2) -> None:
        self.id = uuid4()
        self.try_number = try_number
        self.max_tries = max_tries
        self.xcoms: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = json.loads(json.dumps(value))

    def xcom_pull(self, task_ids: str, key: str, map_indexes: int) -> Any:
        assert map_indexes == self.map_index
        return self.xcoms.get(key)


class FakeStore:
    """Keeps state over tries, as JSON does; like Airflow's, it takes no tuple for a list."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.history: list[tuple[str, Any]] = []
        self.retentions: list[Any] = []

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.kept[key]) if key in self.kept else default

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self.kept[key] = json.dumps(_JSON.validate_python(value), allow_nan=False)
        self.history.append((key, self.get(key)))
        self.retentions.append(retention)

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)


def context(
    store: FakeStore | None = None, *, try_number: int = 1, max_tries: int = 2, clear_number: int = 0
) -> Any:
    """Return a try's context; without a store, as below Airflow 3.3."""
    found: dict[str, Any] = {
        "ti": FakeTaskInstance(try_number, max_tries),
        "dag_run": mock.Mock(clear_number=clear_number),
        "outlet_events": OutletEventAccessors(),
    }
    return found if store is None else {**found, "task_state_store": store}


def api_error(status: int, detail: str = "") -> AirflowRuntimeError:
    """Return what the task SDK raises where the API server answers with an HTTP status."""
    said = {"status_code": status, "message": detail}
    return AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail=said))


def hook_double(provider: str = "modelslab") -> mock.Mock:
    """Return an autospecced hook of a vendor."""
    hook = type(hook_for(provider, "c"))
    double: mock.Mock = mock.create_autospec(hook, instance=True)
    double.settings = hook.settings_class(base_url=hook.default_url, api_key=SecretStr("k" * 8))
    double.route_to.return_value = {}
    double.conn_id = hook.default_conn_name
    double.call_timeout.side_effect = lambda request: double.settings.timeout_for(request)
    return double


def job(state: JobState = JobState.SUCCESS, **fields: Any) -> Job:
    output = (RESULT,) if state is JobState.SUCCESS else ()
    return Job(**{"job_id": "278", "state": state, "output": output, **fields})


class FakeCompletion(Completion):
    """
    A vendor that plays a script of answers to submissions and to polls, and counts what it takes.

    Without a script each submission is taken as job 278, and each poll finds it finished.
    """

    def __init__(self, provider: str = "modelslab", nonce: str = "") -> None:
        super().__init__(provider, hook_double(provider))
        self.double: Any = self.hook
        self.double.send.side_effect = self._take
        self.nonce = nonce
        self.repeatable = not nonce
        self.submissions: list[Any] = []
        self.polls: list[Any] = []
        self.sent: list[Any] = []
        self.polled: list[str] = []
        self.accepted = 0
        self.called_back: set[str] = set()
        self.claims: list[tuple[str, str]] = []
        self.forgotten: list[str] = []
        self.problem: Exception | None = None
        self.unknown: Exception | None = None

    def _take(self, request: Any) -> Job:
        assert request.billed, "polls go through the completion"
        self.sent.append(request)
        answer = self.submissions.pop(0) if self.submissions else job(JobState.PROCESSING)
        if not isinstance(answer, (RefusedError, NotSentError, AuthenticationError)):
            self.accepted += 1
        return _played(answer)

    def check(self) -> None:
        if self.problem:
            raise self.problem

    def addressed(self, request: Any, deadline: float) -> tuple[Any, str]:
        return request, self.nonce

    def poll(self, ticket: Ticket) -> Job:
        self.polled.append(ticket.job_id)
        answer = self.polls.pop(0) if self.polls else job(job_id=ticket.job_id)
        return _played(answer() if callable(answer) else answer)

    def poll_all(self, tickets: Any) -> list[Any]:
        return [self.poll(ticket) for ticket in tickets]

    def batch_trigger(self, **options: Any) -> Any:
        return SwapJobsTrigger(provider=self.provider, conn_id=self.hook.conn_id, **options)

    def claim(self, ticket: Ticket) -> None:
        self.claims.append((ticket.job_id, ticket.nonce))

    def answers(self, ticket: Ticket) -> set[str]:
        return self.called_back

    def answers_all(self, tickets: Any, *, certain: bool = False) -> list[set[str]]:
        if certain and self.unknown:
            raise self.unknown
        return [self.called_back for _ in tickets]

    def forget(self, ticket: Ticket) -> None:
        self.forgotten.append(ticket.nonce)

    def trigger(self, ticket: Ticket, **options: Any) -> SwapJobsTrigger:
        return SwapJobsTrigger(
            provider=self.provider, conn_id=self.hook.conn_id, jobs=[ticket.as_dict()], **options
        )

    def moves_to(self, base_url: str) -> None:
        """Point the connection to another host."""
        self.double.settings = self.double.settings.model_copy(update={"base_url": base_url})


def _played(answer: Any) -> Job:
    if isinstance(answer, BaseException):
        raise answer
    assert isinstance(answer, Job)
    return answer


class FakeDownloads:
    """Stands in for the network where results are fetched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, content: bytes = MP4) -> None:
        self.content = content
        self.urls: list[str] = []
        self.problems: list[BaseException] = []
        monkeypatch.setattr(outputs, "download", self._download)

    def _download(self, url: str, target: Path, kind: Any, *_: Any) -> Fetched:
        self.urls.append(url)
        if self.problems:
            raise self.problems.pop(0)
        target.write_bytes(self.content)
        return measure(io.BytesIO(self.content), kind)
