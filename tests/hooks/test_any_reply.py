"""No reply makes a hook end in anything but a job or an error of the family, and none brings the key out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    PollError,
    RefusedError,
)
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from tests.apis.test_any_reply import FETCH, SUBMIT, check_text, replies, statuses
from tests.hooks.test_redaction import KEY, SPELLINGS

EXPECTED = {
    "worker": (InDoubtError, RefusedError, AuthenticationError),
    "triggerer": (PollError, AuthenticationError),
}


@pytest.fixture(autouse=True)
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    conn = {"conn_type": "modelslab", "password": KEY, "host": "http://127.0.0.1:1"}
    monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))


class Wire(httpx.AsyncByteStream):
    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part


def talk(
    how: str, status: int, headers: list[tuple[bytes, bytes]], parts: list[bytes]
) -> Job | FaceSwapError:
    def vendor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=Wire(parts))

    hook = ModelsLabHook(transport=httpx.MockTransport(vendor))
    try:
        return hook.send(SUBMIT) if how == "worker" else asyncio.run(hook.asend(FETCH))
    except FaceSwapError as error:
        assert isinstance(error, EXPECTED[how])
        # An httpx error holds the request, and with it the key.
        assert error.__cause__ is None and isinstance(error.__context__, (FaceSwapError, type(None)))
        check_text(str(error))
        return error


both = pytest.mark.parametrize("how", ["worker", "triggerer"])
quickly = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

names = st.sampled_from(
    [
        b"content-type",
        b"content-encoding",
        b"retry-after",
        b"location",
        b"set-cookie",
        b"content-length",
        b"date",
    ]
)
contents = st.binary(max_size=30) | st.sampled_from(
    [b"gzip", b"deflate", b"br", b"application/json; charset=utf-16", b"text/html; charset=nonsense",
     b"a=b; Path=/", b"http://elsewhere.example.com/x", b"-1", b"99999999999999999999"]
)  # fmt: skip


@both
@quickly
@given(
    status=statuses,
    headers=st.lists(st.tuples(names, contents), max_size=5),
    parts=st.lists(st.binary(max_size=100), max_size=4)
    | replies.map(lambda data: [json.dumps(data).encode()]),
)
def test_any_reply(how: str, status: int, headers: Any, parts: list[bytes]) -> None:
    talk(how, status, headers, parts)


@both
@quickly
@given(
    spelling=st.sampled_from(sorted(SPELLINGS)),
    status=st.sampled_from([200, 401, 403, 422, 500, 502]),
    before=st.text("abc ", max_size=5) | st.integers(0, 600).map("x".__mul__) | st.just(" " * 3990),
    shape=st.sampled_from(
        [
            '{"status":"error","message":"%s"}',
            '{"status":"failed","id":5,"message":{"%s":["%s"]}}',
            '{"status":"processing","id":5,"meta":{"file_prefix":"%s"}}',
            '{"status":"error","message":"%s',
            "<p>%s</p>",
            "%s",
        ]
    ),
)
def test_a_key_that_the_vendor_repeats_is_blotted_out(
    how: str, spelling: str, status: int, before: str, shape: str
) -> None:
    body = shape.replace("%s", before + SPELLINGS[spelling])
    end = talk(how, status, [], [body.encode()])
    shown = f"{end.message} {end.meta}" if isinstance(end, Job) else str(end)
    assert "uo" not in shown and "sbx" not in shown and "\\u0075" not in shown.lower()


def test_a_key_that_is_a_common_word_leaves_the_reply_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    conn = {"conn_type": "modelslab", "password": "processing", "host": "http://127.0.0.1:1"}
    monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))
    end = talk("worker", 200, [], [b'{"status": "processing", "id": 278, "message": "processing"}'])
    assert isinstance(end, Job) and end.job_id == "278" and end.message == "***"
