from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from typing import Any
from unittest import mock

import httpx
import pytest

from airflow_provider_faceswap.callbacks import body as module
from airflow_provider_faceswap.callbacks.app import make_app
from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.folder import MAX_BYTES
from airflow_provider_faceswap.callbacks.inbox import MAX_BODIES, Inbox
from airflow_provider_faceswap.callbacks.tokens import RETENTION_DAYS, Token, mint
from airflow_provider_faceswap.exceptions import InboxError
from tests.callbacks.caller import DONE, Caller
from tests.callbacks.conftest import OLD_SECRET, SECRET


async def test_a_callback_is_kept_as_it_was_sent(caller: Caller, token: Token) -> None:
    body = (
        b'{"success": 1, "task_id": "ac3eb7",\n  "result_image": "https://temp.example.com/r\xc3\xa9.webp"}'
    )
    reply = await caller.post(token.text, content=body)
    assert (reply.status_code, reply.json()) == (200, {"status": "kept"})
    assert await caller.kept(token) == [body]


async def test_a_repeat_is_answered_alike_and_kept_once(caller: Caller, token: Token) -> None:
    replies = [await caller.post(token.text) for _ in range(5)]
    assert {reply.status_code for reply in replies} == {200}
    assert len(await caller.kept(token)) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'[{"task_id": "1"}]', "application/json"),
        (b'{"task_id": "1"}', "text/plain"),
        (b'{"task_id": "1"}', "application/x-www-form-urlencoded"),
        (b'\xef\xbb\xbf{"task_id": "1"}', "application/json; charset=utf-8"),
        (b'{"task_id": "1", "message": "\xff"}', "application/json"),
    ],
)
async def test_json_is_taken_whatever_it_is_called(
    caller: Caller, token: Token, body: bytes, content_type: str
) -> None:
    assert (await caller.post(token.text, content=body, headers={"content-type": content_type})).is_success
    assert await caller.kept(token) == [body]


async def test_a_form_is_kept_as_json(caller: Caller, token: Token) -> None:
    reply = await caller.post(token.text, data={"success": "1", "task_id": "a b", "message": "ü"})
    assert reply.is_success
    (body,) = await caller.kept(token)
    assert json.loads(body) == {"success": "1", "task_id": "a b", "message": "ü"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"{",
        b"1",
        b'"text"',
        b"null",
        b"{}",
        b"[]",
        b"\x00\xff" * 50,
        b"[" * 50_000,
        b"9" * 60_000,
    ],
    ids=lambda body: repr(body[:10]),
)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
async def test_rubbish_is_refused(caller: Caller, token: Token, body: bytes, content_type: str) -> None:
    reply = await caller.post(token.text, content=body, headers={"content-type": content_type})
    assert (reply.status_code, reply.json()) == (422, {"detail": "not a callback"})
    assert await caller.nothing_kept()


async def never_read() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


@pytest.mark.parametrize("vendor", ["aifaceswap", "modelslab", "probe", "..", "a" * 5000])
@pytest.mark.parametrize("text", ["x", "1.aifaceswap.x.1.x", "a" * 5000, "%2e%2e%2fetc", "%00", "é"])
async def test_a_stranger_is_refused_before_anything_is_read(caller: Caller, vendor: str, text: str) -> None:
    reply = await caller.http.post(
        httpx.URL(f"http://airflow/callbacks/{vendor}/{text}"), content=never_read()
    )
    assert reply.status_code in (401, 404)
    assert await caller.nothing_kept()


async def test_a_forged_signature_is_refused(caller: Caller, token: Token) -> None:
    for forged in (mint("aifaceswap", ["x" * 32], time.time()).text, token.text[:-1], token.text + "A"):
        reply = await caller.post(forged, content=never_read())
        assert (reply.status_code, reply.json()) == (401, {"detail": "unknown"})
        assert reply.headers["connection"] == "close", "what it still sends is not read"
    assert (await caller.post(token.text, "modelslab", content=never_read())).status_code == 401
    assert await caller.nothing_kept()


async def test_a_late_callback_is_kept_for_thirty_days(caller: Caller) -> None:
    late = mint("aifaceswap", [SECRET], time.time() - RETENTION_DAYS * 86400 + 60)
    assert (await caller.post(late.text)).status_code == 200
    assert len(await caller.kept(late)) == 1
    too_late = mint("aifaceswap", [SECRET], time.time() - RETENTION_DAYS * 86400 - 60)
    assert (await caller.post(too_late.text)).status_code == 401


async def test_the_secret_rotates(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__CALLBACK_SECRET", f"{SECRET},{OLD_SECRET}")
    for secret, status in ((SECRET, 200), (OLD_SECRET, 200), ("x" * 32, 401)):
        assert (await caller.post(mint("aifaceswap", [secret], time.time() + 9).text)).status_code == status


async def test_a_strangers_body_first_does_not_keep_the_vendors_out(caller: Caller, token: Token) -> None:
    await caller.post(
        token.text, json={"success": 1, "task_id": "mine", "result_image": "https://evil.example"}
    )
    assert (await caller.post(token.text)).status_code == 200
    assert DONE in [json.loads(body) for body in await caller.kept(token)]


async def test_a_job_has_so_many_answers_and_no_more(caller: Caller, token: Token) -> None:
    replies = [await caller.post(token.text, json=[number]) for number in range(MAX_BODIES + 2)]
    assert [reply.status_code for reply in replies] == [200] * MAX_BODIES + [409] * 2
    assert (await caller.post(token.text, json=[0])).status_code == 200
    assert len(await caller.kept(token)) == MAX_BODIES


async def chunks(number: int, taken: list[int]) -> AsyncIterator[bytes]:
    for _ in range(number):
        taken[0] += 1024
        yield b" " * 1024


@pytest.mark.parametrize("headers", [{}, {"content-length": "17"}, {"content-length": "x"}])
async def test_no_more_is_read_than_allowed_whatever_the_length_says(
    caller: Caller, token: Token, headers: dict[str, str]
) -> None:
    taken = [0]
    reply = await caller.post(token.text, content=chunks(10_000, taken), headers=headers)
    assert (reply.status_code, reply.headers["connection"]) == (413, "close")
    assert taken[0] <= MAX_BYTES + 2048
    assert await caller.nothing_kept()


async def test_a_length_that_says_too_much_is_believed(caller: Caller, token: Token) -> None:
    reply = await caller.post(token.text, content=never_read(), headers={"content-length": "9" * 30})
    assert reply.status_code == 413


async def test_the_largest_callback_is_taken(caller: Caller, token: Token) -> None:
    body = b"[" + b" " * (MAX_BYTES - 3) + b"1]"
    assert (await caller.post(token.text, content=body)).status_code == 200
    assert (await caller.post(token.text, content=b" " + body)).status_code == 413


async def test_a_caller_that_dawdles_is_sent_away(
    caller: Caller, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    monkeypatch.setattr(module, "MAX_SECONDS", 0.05)
    assert (await caller.post(token.text, content=slowly())).status_code == 408
    assert await caller.nothing_kept()


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
async def test_other_methods_tell_nothing(caller: Caller, token: Token, method: str) -> None:
    real, forged = [
        await caller.http.request(method, f"/callbacks/aifaceswap/{text}") for text in (token.text, "x")
    ]
    assert real.status_code == forged.status_code == 405
    assert (real.content, real.headers) == (forged.content, forged.headers)


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/", "/callbacks", "/callbacks/aifaceswap"]
)
async def test_there_is_nothing_else(caller: Caller, path: str) -> None:
    for method in ("GET", "POST"):
        assert (await caller.http.request(method, path)).status_code == 404


async def test_a_slash_is_not_redirected(caller: Caller, token: Token) -> None:
    assert (await caller.http.post(f"/callbacks/aifaceswap/{token.text}/")).status_code == 404


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InboxError("[faceswap] inbox could not be written: no space"), "no space"),
        (RuntimeError(f"of ours, with {SECRET}"), "RuntimeError"),
    ],
)
async def test_what_goes_wrong_inside_stays_inside(
    caller: Caller, token: Token, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    with mock.patch.object(Inbox, "put", autospec=True, side_effect=error):
        reply = await caller.post(token.text)
    assert (reply.status_code, reply.json()) == (503, {"detail": "try again later"})
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert said in record.getMessage() and not record.exc_info
    assert SECRET not in caplog.text and token.text not in caplog.text


async def test_a_caller_that_hangs_up_leaves_no_traceback(configured: CallbackSettings, token: Token) -> None:
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    path = f"/callbacks/aifaceswap/{token.text}"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [],
        "query_string": b"",
        "root_path": "",
    }
    await make_app()(scope, receive, send)
    assert sent[0]["status"] == 400


async def test_no_token_is_logged(caller: Caller, token: Token, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="airflow_provider_faceswap")
    for request in ({"json": DONE}, {"json": DONE}, {"content": b"x"}):
        await caller.post(token.text, **request)
    await caller.post(token.text[:-2])
    assert token.nonce in caplog.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("airflow_provider")]
    assert token.text.rpartition(".")[2][:20] not in "\n".join(ours)
