"""What one callback URL in the wrong hands, or a slow inbox, may do to the callbacks of other jobs."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Iterable

import httpx
import pytest

from airflow_provider_faceswap.callbacks import receiver as module
from airflow_provider_faceswap.callbacks import recent
from airflow_provider_faceswap.callbacks.config import CallbackSettings
from airflow_provider_faceswap.callbacks.inbox import MAX_BODIES
from airflow_provider_faceswap.callbacks.tokens import Token, mint
from tests.callbacks.caller import Caller, Clock, Puts
from tests.callbacks.conftest import SECRET


@pytest.fixture
def others() -> list[Token]:
    return [mint("aifaceswap", [SECRET], time.time() + 60) for _ in range(8)]


def post_all(caller: Caller, token: Token, bodies: Iterable[object]) -> list[asyncio.Task[httpx.Response]]:
    return [asyncio.create_task(caller.post(token.text, json=body)) for body in bodies]


async def statuses(posts: Iterable[asyncio.Task[httpx.Response]]) -> list[int]:
    return [reply.status_code for reply in await asyncio.wait_for(asyncio.gather(*posts), 60)]


async def test_a_flood_for_one_job_takes_one_thread_and_another_job_is_served_meanwhile(
    caller: Caller, token: Token, others: list[Token], puts: Puts
) -> None:
    puts.hanging = {token.nonce}
    flood = post_all(caller, token, ([number] for number in range(200)))
    await puts.entered()
    assert (await asyncio.wait_for(caller.post(others[0].text), 30)).status_code == 200
    assert puts.calls[token.nonce] == 1
    puts.release()
    answers = Counter(await statuses(flood))
    assert answers[200] == MAX_BODIES and answers[409] + answers[429] == 200 - MAX_BODIES
    assert puts.most_at_a_time[token.nonce] == 1
    assert puts.calls[token.nonce] == MAX_BODIES + 1, "only the first of those too many asked the inbox"
    assert len(await caller.kept(token)) == MAX_BODIES


async def test_bodies_that_come_at_the_same_time_wait_for_their_turn(caller: Caller, token: Token) -> None:
    posts = post_all(caller, token, ([number] for number in range(MAX_BODIES)))
    assert await statuses(posts) == [200] * MAX_BODIES


async def test_too_many_at_a_time_are_asked_to_come_again(
    configured: CallbackSettings, token: Token, puts: Puts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_PER_JOB", 0)
    puts.hanging = {token.nonce}
    one = Caller(configured, Clock())
    async with one.http:
        (first,) = post_all(one, token, [[1]])
        await puts.entered()
        reply = await one.post(token.text, json=[2])
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "30")
        puts.release()
        assert await statuses([first]) == [200]


async def test_a_repeat_is_answered_from_memory(caller: Caller, token: Token, puts: Puts) -> None:
    replies = [await caller.post(token.text) for _ in range(20)]
    assert [reply.json()["status"] for reply in replies] == ["kept"] + ["repeated"] * 19
    assert await statuses(post_all(caller, token, [[1]] * 10)) == [200] * 10
    assert puts.calls[token.nonce] == 2


async def test_a_job_that_is_full_is_answered_from_memory(caller: Caller, token: Token, puts: Puts) -> None:
    for number in range(MAX_BODIES):  # as another API server's receiver does
        await asyncio.to_thread(caller.inbox.put, token.vendor, token.nonce, b"[%d]" % number)
    before = puts.calls[token.nonce]
    for number in range(MAX_BODIES, MAX_BODIES + 20):
        assert (await caller.post(token.text, content=b"[%d]" % number)).status_code == 409
    for number in range(MAX_BODIES):
        assert (await caller.post(token.text, content=b"[%d]" % number)).json() == {"status": "repeated"}
    assert puts.calls[token.nonce] == before + 1


async def test_the_inbox_is_asked_again_after_a_while(caller: Caller, token: Token, clock: Clock) -> None:
    for number in range(MAX_BODIES + 1):
        await caller.post(token.text, json=[number])
    await asyncio.to_thread(caller.inbox.delete, token.vendor, token.nonce)
    assert (await caller.post(token.text)).status_code == 409
    clock.now += recent.SECONDS
    assert (await caller.post(token.text)).json() == {"status": "kept"}


async def test_hanging_threads_count_until_they_end(
    caller: Caller, others: list[Token], puts: Puts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PUT_SECONDS", 3.0)
    puts.hanging = {token.nonce for token in others}
    hanging = [post_all(caller, token, [[1]])[0] for token in others[: module.THREADS]]
    await puts.entered(module.THREADS)
    assert await statuses(hanging) == [503] * module.THREADS
    monkeypatch.setattr(module, "PUT_SECONDS", 30.0)
    for token in others[module.THREADS :]:
        reply = await caller.post(token.text)
        assert (reply.status_code, reply.headers["retry-after"]) == (503, "30")
    assert puts.calls["all"] == puts.most_at_a_time["all"] == module.THREADS
    puts.release()
    while (await caller.post(others[-1].text)).status_code == 503:  # until a thread has ended
        await asyncio.sleep(0)


async def test_a_job_whose_body_hangs_gets_no_second_thread(
    caller: Caller, token: Token, others: list[Token], puts: Puts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PUT_SECONDS", 3.0)
    puts.hanging = {token.nonce}
    assert (await caller.post(token.text)).status_code == 503
    monkeypatch.setattr(module, "PUT_SECONDS", 30.0)
    for number in range(10):
        assert (await caller.post(token.text, json=[number])).status_code == 503
    assert puts.calls[token.nonce] == 1
    assert (await caller.post(others[0].text)).status_code == 200


async def test_only_a_number_of_jobs_wait_for_a_thread(
    configured: CallbackSettings, others: list[Token], puts: Puts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_QUEUED", 2)
    puts.hanging = {token.nonce for token in others}
    one = Caller(configured, Clock())
    async with one.http:
        await one.post("x")  # the settings are read
        waiting = [post_all(one, token, [[1]])[0] for token in others[: module.THREADS + 2]]
        await puts.entered(module.THREADS)
        assert (await asyncio.wait_for(one.post(others[-1].text), 30)).status_code == 503
        puts.release()
        assert await statuses(waiting) == [200] * len(waiting)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == module.log.name]


async def test_strangers_get_one_line_a_minute(
    caller: Caller, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger=module.log.name)
    for _ in range(50):
        await caller.post("forged")
    clock.now += 60
    await caller.post("forged")
    assert lines(caplog) == [
        "A callback of aifaceswap was refused with HTTP 401: its token is malformed",
        "A callback of aifaceswap was refused with HTTP 401: its token is malformed "
        "(49 more since the last such line)",
    ]


async def test_one_jobs_flood_gets_a_line_of_each_kind(
    caller: Caller, token: Token, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger=module.log.name)
    for number in range(50):
        await caller.post(token.text, json=[number % 10])
        await caller.post(token.text, content=b"x")
        await caller.post(token.text, content=b"x" * 70_000)
    kinds = Counter(re.sub(r".*HTTP (\d+).*|.*(kept|repeated).*", r"\1\2", line) for line in lines(caplog))
    assert kinds == {"kept": MAX_BODIES, "repeated": 1, "409": 1, "422": 1, "413": 1}


@pytest.mark.parametrize("vendor", ["x%0a2026-01-01 ERROR all is lost", "%1b[31mred", "a" * 33, "{vendor}"])
async def test_a_strangers_characters_are_not_logged(
    caller: Caller, vendor: str, token: Token, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger=module.log.name)
    await caller.post(token.text, vendor, content=b"x", headers={"content-type": "text/robert"})
    assert lines(caplog) == [
        "A callback of an unknown vendor was refused with HTTP 401: its token was minted for another vendor"
    ]
