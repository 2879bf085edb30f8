from __future__ import annotations

import asyncio
import itertools
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.exceptions import PollError
from airflow_provider_faceswap.hooks import throttle
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from tests.hooks.loopback import FETCH, RUNNING, JumpingLoop, answering


def test_the_rate_holds_across_hooks_and_after_idle_times(connect: Any, jumping: JumpingLoop) -> None:
    connect(requests_per_second=4)
    transport, sent = answering()

    async def polls() -> None:
        async with ModelsLabHook(transport=transport).connected():
            await asyncio.gather(*(ModelsLabHook(transport=transport).asend(FETCH) for _ in range(10)))
            await asyncio.sleep(100)
            await asyncio.gather(*(ModelsLabHook(transport=transport).asend(FETCH) for _ in range(10)))

    jumping.run_until_complete(polls())
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert len(sent) == 20 and min(gaps) > 0.24
    assert max(gaps[:9]) < 0.3 and 95 < gaps[9] < 105


def test_the_rate_holds_for_users_who_come_and_go(connect: Any, jumping: JumpingLoop) -> None:
    connect(requests_per_second=4)
    transport, sent = answering()

    async def polls() -> None:
        for _ in range(5):
            await ModelsLabHook(transport=transport).asend(FETCH)

    jumping.run_until_complete(polls())
    assert min(later - earlier for earlier, later in itertools.pairwise(sent)) > 0.2


def test_calls_leave_in_the_order_in_which_they_came(connect: Any, jumping: JumpingLoop) -> None:
    connect(requests_per_second=10, max_connections=2)
    came: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        came.append(request.url.path.rpartition("/")[2])
        return httpx.Response(200, json=RUNNING)

    hook = ModelsLabHook(transport=httpx.MockTransport(answer))

    async def polls() -> None:
        async with hook.connected():
            await asyncio.gather(*(hook.asend(Fetch(job_id=str(number))) for number in range(20)))

    jumping.run_until_complete(polls())
    assert came == [str(number) for number in range(20)]


def test_when_the_vendor_wants_a_pause_all_jobs_keep_it(connect: Any, jumping: JumpingLoop) -> None:
    connect(max_connections=2)
    transport, sent = answering(429, {"Retry-After": "30"}, {"status": "error", "message": "Rate limit"})

    async def polls() -> None:
        hooks = [ModelsLabHook(transport=transport) for _ in range(50)]
        async with hooks[0].connected():
            errors = await asyncio.gather(*(hook.asend(FETCH) for hook in hooks), return_exceptions=True)
            waits = [error.retry_after for error in errors if isinstance(error, PollError)]
            assert len(waits) == 50
            assert all(wait is not None and 29 < wait <= 30 * (1 + throttle.SPREAD) for wait in waits)
            assert len(sent) <= 2, "those whose turn it was already"
            await asyncio.sleep(31)
            with pytest.raises(PollError):
                await hooks[7].asend(FETCH)
            assert len(sent) <= 3

    jumping.run_until_complete(polls())


def test_one_reply_cannot_silence_all_jobs_for_long(connect: Any, jumping: JumpingLoop) -> None:
    connect()
    transport, sent = answering(429, {"Retry-After": "86400"}, {"status": "error", "message": "Rate limit"})

    async def polls() -> None:
        hook = ModelsLabHook(transport=transport)
        with pytest.raises(PollError):
            await hook.asend(FETCH)
        await asyncio.sleep(throttle.MAX_PAUSE + 1)
        with pytest.raises(PollError):
            await hook.asend(FETCH)
        assert len(sent) == 2

    jumping.run_until_complete(polls())
