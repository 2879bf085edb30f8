"""A fourth vendor is its own modules and one line in the list: here polled, with its key in a header."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

import httpx
import pytest

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import Kind, MediaUrl
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.reading import read_id, read_urls
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Poll, Submission
from airflow_provider_faceswap.exceptions import InDoubtError, PollError, RefusedError
from airflow_provider_faceswap.hooks import hook_for
from airflow_provider_faceswap.hooks.base import SwapHook

URL = "https://example.com/a.png"


class Swap(Submission):
    operation: ClassVar[str] = "swap"
    docs: ClassVar[str] = "https://madeup.example.com/docs"
    kind: ClassVar[Kind] = "image"

    face: MediaUrl

    def path(self, route: Mapping[str, str]) -> str:
        return "/swap"

    def body(self) -> dict[str, Any]:
        return self.model_dump()

    def read(self, reply: Reply) -> Job:
        data = reply.json() or {}
        if job_id := read_id(data.get("job")):
            status_url = next(iter(read_urls(data.get("status_url"))), None)
            return Job(job_id=job_id, state=JobState.PROCESSING, poll_url=status_url)
        if data.get("problem") and reply.may_refuse:
            raise RefusedError(f"Made Up refused the job: {reply.one_line(data['problem'])}")
        raise InDoubtError(f"the job may be taken: {reply}")


class Status(Poll):
    operation: ClassVar[str] = "status"
    docs: ClassVar[str] = "https://madeup.example.com/docs"
    method = "GET"

    def path(self, route: Mapping[str, str]) -> str:
        return self.route.get("path", f"/jobs/{self.job_id}")

    def read(self, reply: Reply) -> Job:
        data = reply.json()
        if data is None:
            raise PollError(f"this is not an answer of Made Up: {reply}")
        return Job(job_id=self.job_id, state=JobState.SUCCESS, output=read_urls(data.get("url")))


class MadeUpHook(SwapHook):
    default_conn_name = "madeup_default"
    conn_type = "madeup"
    hook_name = "Made Up"
    default_url = "https://madeup.example.com"

    def authorize(self, body: dict[str, Any], key: str) -> tuple[dict[str, Any], dict[str, str]]:
        return body, {"x-key": key}

    def probe(self) -> Status:
        return Status(job_id="0")


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VENDORS, "madeup", "Made Up")
    whole = Vendor(name="madeup", operations={"swap": Swap}, poll=Status)
    for room, name, value in (("apis", "VENDOR", whole), ("hooks", "HOOK", MadeUpHook)):
        module = ModuleType(f"airflow_provider_faceswap.{room}.madeup")
        setattr(module, name, value)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    conn = {"conn_type": "madeup", "password": "sbx-3f9c1e7a"}
    monkeypatch.setenv("AIRFLOW_CONN_MADEUP_DEFAULT", json.dumps(conn))


async def test_it_passes_through_the_hook() -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((f"{request.method} {request.url}", request.headers["x-key"]))
        if request.method == "POST":
            return httpx.Response(202, json={"job": "7", "status_url": f"{MadeUpHook.default_url}/s/7"})
        return httpx.Response(200, json={"url": URL})

    hook = hook_for("madeup", "madeup_default")
    hook._transport = httpx.MockTransport(answer)
    hook.check()
    job = hook.send(vendor("madeup").submission("swap").checked({"face": URL}))
    done = await hook.asend(vendor("madeup").poll_request(job.job_id, hook.route_to(job)))
    assert (done.job_id, done.output) == ("7", (URL,))
    assert seen == [
        ("POST https://madeup.example.com/swap", "sbx-3f9c1e7a"),
        ("GET https://madeup.example.com/s/7", "sbx-3f9c1e7a"),
    ]
    assert hook.test_connection() == (True, "Made Up accepts the API key.")
