from __future__ import annotations

import asyncio
import json
import logging
import traceback
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.modelslab import Fetch, SingleVideoSwap
from airflow_provider_faceswap.apis.request import MAX_POLL_REPLY
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    InDoubtError,
    NotSentError,
    PollError,
    SettingsError,
)
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook

KEY = 'sbx-"quoted\\key'
URL = "https://example.com/a.png"
SUBMIT = SingleVideoSwap.checked({"init_image": URL, "init_video": URL})
FETCH = Fetch(job_id="278")
RUNNING = {"status": "processing", "output": ""}


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def define(conn_id: str = "modelslab_default", **fields: Any) -> None:
        conn = {"conn_type": "modelslab", "password": KEY, "host": "http://127.0.0.1:1", **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(conn))

    define()
    return define


class Vendor:
    """Answers every request with the same reply and keeps the requests."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, httpx.Response):
            return self.answer
        return httpx.Response(200, json=self.answer)

    def hook(self) -> ModelsLabHook:
        return ModelsLabHook(transport=httpx.MockTransport(self))


def send(hook: ModelsLabHook, call: Any, how: str) -> Job:
    return hook.send(call) if how == "worker" else asyncio.run(hook.asend(call))


both = pytest.mark.parametrize("how", ["worker", "triggerer"])


@both
def test_the_key_travels_in_the_body_alone(connect: Any, how: str) -> None:
    vendor = Vendor(RUNNING)
    job = send(vendor.hook(), FETCH, how)
    assert job.state is JobState.PROCESSING
    (request,) = vendor.requests
    assert request.method == "POST"
    assert str(request.url) == "http://127.0.0.1:1/api/v6/faceswap/fetch/278"
    assert json.loads(request.content) == {"key": KEY}
    assert KEY not in str(request.headers)


@both
@pytest.mark.parametrize("error", [httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.ConnectError("x")])
def test_no_error_and_none_of_its_causes_holds_the_key(connect: Any, how: str, error: Exception) -> None:
    with pytest.raises(PollError) as caught:
        send(Vendor(error).hook(), FETCH, how)
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    assert "quoted" not in "".join(traceback.format_exception(caught.value))


def test_a_key_that_the_vendor_repeats_is_blotted_out(connect: Any) -> None:
    vendor = Vendor(httpx.Response(401, json={"status": "error", "message": f"Invalid API key {KEY}"}))
    with pytest.raises(AuthenticationError) as caught:
        vendor.hook().send(SUBMIT)
    assert "quoted" not in str(caught.value) and "***" in str(caught.value)
    assert str(caught.value).endswith("; correct the API key in the connection's password")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError("x"), NotSentError),
        (httpx.ConnectTimeout("x"), NotSentError),
        (httpx.PoolTimeout("x"), NotSentError),
        (httpx.ProxyError("x"), NotSentError),
        (httpx.ReadTimeout("x"), InDoubtError),
        (httpx.ReadError("x"), InDoubtError),
        (httpx.WriteError("x"), InDoubtError),
        (httpx.WriteTimeout("x"), InDoubtError),
        (httpx.RemoteProtocolError("x"), InDoubtError),
        (httpx.DecodingError("x"), InDoubtError),
    ],
)
def test_a_broken_submission_is_sorted_by_what_may_have_been_sent(
    connect: Any, error: Exception, expected: type[Exception]
) -> None:
    vendor = Vendor(error)
    with pytest.raises(expected) as caught:
        vendor.hook().send(SUBMIT)
    assert len(vendor.requests) == 1, "a submission is never repeated by itself"
    assert ("check the connection's host" in str(caught.value)) is (expected is NotSentError)


@both
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"Content-Encoding": "K3y-sEcret"}),
        (307, {"Location": "https://K3y-sEcret.example.com/"}),
        (307, {"Location": "https://user:K3y-sEcret@example.com/"}),
    ],
)
def test_a_key_that_the_vendor_repeats_in_a_header_is_blotted_out(
    connect: Any, how: str, status: int, headers: dict[str, str]
) -> None:
    connect(password="K3y-sEcret")
    vendor = Vendor(httpx.Response(status, headers=headers, content=b"{}"))
    with pytest.raises(PollError) as caught:
        send(vendor.hook(), FETCH, how)
    assert "k3y-secret" not in str(caught.value).lower()


@both
def test_a_redirect_is_not_followed(connect: Any, how: str) -> None:
    vendor = Vendor(httpx.Response(307, headers={"Location": "https://elsewhere.example.com/"}))
    with pytest.raises(PollError):
        send(vendor.hook(), FETCH, how)
    assert len(vendor.requests) == 1


@both
def test_an_endless_reply_is_cut(connect: Any, how: str) -> None:
    vendor = Vendor(httpx.Response(200, content=b" " * (MAX_POLL_REPLY + 1)))
    with pytest.raises(PollError, match="over"):
        send(vendor.hook(), FETCH, how)


def test_triggers_cannot_submit(connect: Any) -> None:
    vendor = Vendor(RUNNING)
    with pytest.raises(RuntimeError, match="billed"):
        asyncio.run(vendor.hook().asend(SUBMIT))
    assert not vendor.requests


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": None}, "https://modelslab.com"),
        ({"host": "http://127.0.0.1:8765/"}, "http://127.0.0.1:8765"),
        ({"host": "127.0.0.1", "schema": "http", "port": 8765}, "http://127.0.0.1:8765"),
        ({"host": "127.0.0.1:8765"}, "http://127.0.0.1:8765"),
        ({"host": "https://example.com", "port": 0}, "https://example.com"),
        ({"host": "example.com"}, "https://example.com"),
        ({"host": "example.com", "schema": "", "port": 8443}, "https://example.com:8443"),
    ],
)
def test_host_schema_and_port_make_the_base_url(connect: Any, fields: dict[str, Any], url: str) -> None:
    connect(**fields)
    assert ModelsLabHook().settings.base_url == url


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"password": None}, "password"),
        ({"password": "  "}, "password"),
        ({"host": "ftp://example.com"}, "host"),
        ({"host": "https://user@example.com"}, "host"),
        ({"host": "http://example.com"}, "https"),
        ({"host": "https://example.com:port"}, "host"),
        ({"extra": {"timeout": "soon"}}, "timeout"),
        ({"extra": {"max_connections": 0}}, "max_connections"),
        ({"extra": {"namespace": "elsewhere"}}, "namespace"),
    ],
)
def test_a_connection_that_cannot_work_says_why(connect: Any, fields: dict[str, Any], named: str) -> None:
    connect(**fields)
    with pytest.raises(SettingsError, match=named) as caught:
        _ = ModelsLabHook().settings
    assert "modelslab_default" in str(caught.value) and "quoted" not in str(caught.value)


def test_a_missing_connection_says_what_to_add(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="'nowhere' is not defined; add one of type 'modelslab'"):
        _ = ModelsLabHook("nowhere").settings


def test_an_unknown_extra_is_a_warning_that_lists_the_known(
    connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    connect(extra={"time_out": 3, "timeout": 4, "proxy": None})
    with caplog.at_level(logging.WARNING):
        assert ModelsLabHook().settings.timeout == 4
    assert "time_out" in caplog.text and "max_connections" in caplog.text


def test_the_namespace_comes_from_the_connection_or_the_poll(connect: Any) -> None:
    connect(extra={"namespace": "deepfake"})
    vendor = Vendor(RUNNING)
    vendor.hook().send(FETCH)
    vendor.hook().send(Fetch(job_id="278", route={"namespace": "faceswap"}))
    assert [request.url.path for request in vendor.requests] == [
        "/api/v6/deepfake/fetch/278",
        "/api/v6/faceswap/fetch/278",
    ]


@pytest.mark.parametrize(
    ("poll_url", "route"),
    [
        ("http://127.0.0.1:1/api/v6/deepfake/fetch/278", {"path": "/api/v6/deepfake/fetch/278"}),
        ("http://127.0.0.1:2/api/v6/deepfake/fetch/278", {}),
        ("https://127.0.0.1:1/api/v6/deepfake/fetch/278", {}),
        ("https://elsewhere.example.com/fetch/278", {}),
        ("http://[broken", {}),
        (None, {}),
    ],
)
def test_a_poll_url_counts_only_on_the_connections_own_origin(
    connect: Any, poll_url: str | None, route: dict[str, str]
) -> None:
    job = Job(job_id="278", state=JobState.PROCESSING, poll_url=poll_url)
    assert ModelsLabHook().route_to(job) == route


@pytest.mark.parametrize("host", ["http://127.0.0.1:1", "http://127.0.0.2:1"])
def test_a_key_that_is_corrected_while_a_worker_polls_is_used_by_the_next_poll(
    connect: Any, host: str
) -> None:
    vendor = Vendor(httpx.Response(401, json={"status": "error", "message": "Invalid"}))
    hook = vendor.hook()
    for _ in range(2):
        with pytest.raises(AuthenticationError):
            hook.send(FETCH)
        connect(password="new", host=host)
    with pytest.raises(AuthenticationError):
        hook.send(FETCH)
    sent = [(str(request.url.host), json.loads(request.content)["key"]) for request in vendor.requests]
    moved = host != "http://127.0.0.1:1"  # another host does not know the job
    assert sent == [("127.0.0.1", KEY)] * 2 + [("127.0.0.1", KEY if moved else "new")]


def test_a_refused_submission_reads_no_connection_again(connect: Any) -> None:
    hook = Vendor(httpx.Response(401, json={"status": "error", "message": "Invalid"})).hook()
    with pytest.raises(AuthenticationError):
        hook.send(SUBMIT)
    connect(password="new")
    with pytest.raises(AuthenticationError):
        hook.send(SUBMIT)
    assert hook.settings.api_key.get_secret_value() == KEY
