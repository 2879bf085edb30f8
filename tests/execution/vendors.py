"""Vendors on loopback in the style of their documents, and a task that buys there over the real hook."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_faceswap.callbacks import probe
from airflow_provider_faceswap.journal import state as task_state
from airflow_provider_faceswap.operators.base import SwapOperator
from tests.fakes import JPEG, FakeClock, FakeStore, context

PICTURE = "https://example.com/a.jpg"
TAKEN = {"status": "processing", "id": 278, "eta": 5, "output": []}


class Vendor:
    """Answers from a script, for submissions, polls and files each; the last answer stays."""

    def __init__(self) -> None:
        self.url = ""
        self.submissions: list[Any] = []
        self.polls: list[Any] = []
        self.files: list[Any] = [JPEG]
        self.submitted: list[Any] = []
        self.polled: list[str] = []
        self.downloaded: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith("/files/"):
            self.downloaded.append(request.path_qs)
            return await self._play(request, self.files)
        if "/fetch/" in path or "/requests/" in path:
            self.polled.append(path)
            return await self._play(request, self.polls)
        self.submitted.append((path, await request.read()))
        return await self._play(request, self.submissions)

    async def _play(self, request: web.Request, script: list[Any]) -> web.StreamResponse:
        answer = script.pop(0) if len(script) > 1 else script[0]
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        if isinstance(answer, tuple):
            status, body = answer
            if isinstance(body, (dict, list)):
                return web.json_response(body, status=status)
            return web.Response(status=status, text=body, content_type="text/html")
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="image/jpeg")
        return web.json_response(answer)


class Task:
    """One task instance; each start is another try with an operator of its own."""

    def __init__(self, cls: type[SwapOperator], monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> None:
        self.cls, self.arguments = cls, {"task_id": "swap", "retries": 2, "deferrable": False, **arguments}
        self.store: FakeStore | None = FakeStore()
        self.clock = FakeClock()
        self.try_number, self.max_tries, self.clear_number = 0, 2, 0
        monkeypatch.setattr(SwapOperator, "clock", self.clock)
        monkeypatch.setattr(task_state, "time", self.clock)
        monkeypatch.setattr(probe, "check", lambda *_: None)

    def start(self, **changes: Any) -> Any:
        self.operator = self.cls(**{**self.arguments, **changes})
        self.try_number += 1
        self.context = context(
            self.store, try_number=self.try_number, max_tries=self.max_tries, clear_number=self.clear_number
        )
        return self.operator.execute(self.context)

    def fails(self, **changes: Any) -> Any:
        with pytest.raises(Exception) as caught:
            self.start(**changes)
        return caught.value

    def defers(self, **changes: Any) -> TaskDeferred:
        with pytest.raises(TaskDeferred) as caught:
            self.start(deferrable=True, **changes)
        return caught.value

    def resume(self, deferral: TaskDeferred, event: Any = None, **changes: Any) -> Any:
        """Resume in a process of its own: another operator, as from the database."""
        self.operator = self.cls(**{**self.arguments, "deferrable": True, **changes})
        kwargs = json.loads(json.dumps({**(deferral.kwargs or {}), "event": event}))
        return self.operator.resume_execution(deferral.method_name, kwargs, self.context)

    def clear(self, retries: int = 2) -> None:
        self.max_tries = self.try_number + retries
        self.clear_number += 1

    @property
    def entry(self) -> Any:
        assert self.store is not None
        return self.store.get("faceswap")


def connect(
    monkeypatch: pytest.MonkeyPatch, provider: str, url: str, key: str = "k3y-of-tests", **extra: Any
) -> None:
    conn = {"conn_type": provider, "host": url, "password": key, "extra": extra}
    monkeypatch.setenv(f"AIRFLOW_CONN_{provider.upper()}_DEFAULT", json.dumps(conn))


def finished(vendor: Vendor) -> dict[str, Any]:
    return {"status": "success", "output": [f"{vendor.url}/files/r.jpg"]}
