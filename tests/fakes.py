"""A task's context and a vendor's hook, for tests that need no Airflow."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any
from unittest import mock

from pydantic import SecretStr

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.hooks import hook_for

RESULT = "https://cdn.example.com/result.mp4?token=t0k3n"


class FakeTaskInstance:
    """Keeps XComs."""

    dag_id, run_id, task_id, map_index = "dag", "manual__1", "swap", -1

    def __init__(self, max_tries: int = 2) -> None:
        self.max_tries = max_tries
        self.xcoms: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcoms[key] = value

    def xcom_pull(self, task_ids: str, key: str, map_indexes: int) -> Any:
        assert map_indexes == self.map_index
        return self.xcoms.get(key)


class FakeStore:
    """Keeps state over tries, as JSON does."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.history: list[Any] = []

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.kept[key]) if key in self.kept else default

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        self.kept[key] = json.dumps(value, allow_nan=False)
        self.history.append(self.get(key))


def context(store: FakeStore | None = None, max_tries: int = 2) -> Any:
    """Return a try's context; without a store, as below Airflow 3.3."""
    found: dict[str, Any] = {"ti": FakeTaskInstance(max_tries)}
    return found if store is None else {**found, "task_state_store": store}


def hook_double(provider: str = "modelslab") -> mock.Mock:
    """Return an autospecced hook of a vendor."""
    hook = type(hook_for(provider, "c"))
    double: mock.Mock = mock.create_autospec(hook, instance=True)
    double.settings = hook.settings_class(base_url=hook.default_url, api_key=SecretStr("k" * 8))
    double.route_to.return_value = {}
    double.conn_id = hook.default_conn_name
    return double


def job(state: JobState = JobState.SUCCESS, **fields: Any) -> Job:
    output = (RESULT,) if state is JobState.SUCCESS else ()
    return Job(**{"job_id": "278", "state": state, "output": output, **fields})


def clock(monkeypatch: Any, *modules: Any) -> SimpleNamespace:
    """Put a clock that only sleeping moves into modules that import ``time``."""
    now = SimpleNamespace(seconds=1_800_000_000.0, slept=[])

    def sleep(seconds: float) -> None:
        now.slept.append(seconds)
        now.seconds += seconds

    fake = SimpleNamespace(
        time=lambda: now.seconds,
        sleep=sleep,
        monotonic=lambda: now.seconds,
        gmtime=time.gmtime,
        strftime=time.strftime,
    )
    for module in modules:
        monkeypatch.setattr(module, "time", fake)
    return now
