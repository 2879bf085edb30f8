from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import AuthenticationError, SettingsError
from airflow_provider_faceswap.hooks import shared_client
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger
from tests.hooks.loopback import FETCH, Vendor, answering, until


async def test_triggers_share_the_connections_and_the_last_one_closes_them(
    vendor: Vendor, connect: Any, lookups: list[str]
) -> None:
    connect(vendor.url, max_connections=3)
    jobs = [{"job_id": "278", "submitted_at": time.time()}]
    triggers = [
        SwapJobsTrigger(
            provider="modelslab",
            conn_id="modelslab_default",
            jobs=jobs,
            deadline=time.time() + 3600,
            poll_interval=0.01,
        )
        for _ in range(100)
    ]
    tasks = [asyncio.ensure_future(anext(trigger.run())) for trigger in triggers]
    await until(lambda: len(vendor.keys) > 300)
    assert vendor.open == vendor.connections == 3
    assert lookups == ["modelslab_default"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await until(lambda: not vendor.open)
    assert not shared_client._closings


async def test_a_call_cancelled_half_way_leaves_nothing_open(vendor: Vendor, connect: Any) -> None:
    connect(vendor.url)
    vendor.answers.clear()
    one, other = (asyncio.create_task(ModelsLabHook().asend(FETCH)) for _ in range(2))
    await until(lambda: len(vendor.keys) == 2)
    one.cancel()
    await asyncio.wait([one])
    vendor.answers.set()
    assert (await other).state is JobState.PROCESSING
    await until(lambda: not vendor.open)


async def test_calls_that_wait_for_a_slot_can_be_cancelled(vendor: Vendor, connect: Any) -> None:
    connect(vendor.url, max_connections=1)
    vendor.answers.clear()
    tasks = [asyncio.create_task(ModelsLabHook().asend(FETCH)) for _ in range(3)]
    await until(lambda: len(vendor.keys) == 1)
    tasks[0].cancel()
    tasks[1].cancel()
    vendor.answers.set()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [True, True, False]
    await until(lambda: not vendor.open)


@pytest.mark.parametrize("round_", range(10))
async def test_no_cancellation_is_lost(vendor: Vendor, connect: Any, round_: int) -> None:
    connect(vendor.url)

    async def polls() -> None:
        hook = ModelsLabHook()
        async with hook.connected():
            while True:
                await hook.asend(FETCH)

    tasks = [asyncio.create_task(polls()) for _ in range(60)]
    await until(lambda: len(vendor.keys) >= 20 * round_)
    # A few turns of the loop: each round is cancelled at another step of its requests.
    for _ in range(3 * round_):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    sent = len(vendor.keys)
    # Who missed it goes on polling.
    await until(lambda: all(task.done() for task in tasks) or len(vendor.keys) > sent + 200)
    assert all(task.cancelled() for task in tasks)
    await until(lambda: not vendor.open)


async def test_vendors_cookies_are_not_kept(vendor: Vendor, connect: Any) -> None:
    connect(vendor.url)
    hook = ModelsLabHook()
    async with hook.connected(), hook._shared_client(60) as shared:
        await hook.asend(FETCH)
        async with shared.acquire() as lease:
            assert not lease.client.cookies


async def test_a_thousand_newcomers_cost_one_lookup(connect: Any, lookups: list[str]) -> None:
    connect()
    transport, _ = answering()
    hooks = [ModelsLabHook(transport=transport) for _ in range(1000)]
    inside: set[ModelsLabHook] = set()
    all_inside = asyncio.Event()

    async def stay(hook: ModelsLabHook) -> None:
        async with hook.connected():
            inside.add(hook)
            if len(inside) == len(hooks):
                all_inside.set()
            await all_inside.wait()

    await asyncio.gather(*map(stay, hooks))
    assert len(lookups) == 1


async def test_a_newcomer_cancelled_while_the_connection_is_read_leaves_the_others_their_reading(
    connect: Any, lookups: list[str]
) -> None:
    connect()
    transport, _ = answering()
    one, other = (asyncio.create_task(ModelsLabHook(transport=transport).asend(FETCH)) for _ in range(2))
    await until(lambda: len(lookups) == 1)
    one.cancel()
    assert (await other).state is JobState.PROCESSING
    assert len(lookups) == 1


async def test_a_connection_that_cannot_be_read_is_told_to_all_and_read_again(
    connect: Any, lookups: list[str]
) -> None:
    transport, _ = answering()
    hooks = [ModelsLabHook(transport=transport) for _ in range(5)]
    connect(key="")
    errors = await asyncio.gather(*(hook.asend(FETCH) for hook in hooks), return_exceptions=True)
    assert all(isinstance(error, SettingsError) for error in errors)
    assert len(lookups) == 1
    connect()
    assert (await hooks[0].asend(FETCH)).state is JobState.PROCESSING


async def test_a_connection_edited_while_a_trigger_waits_is_followed(
    vendors: Any, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = await vendors(), await vendors()
    connect(old.url)
    hook = ModelsLabHook()
    async with hook.connected():
        await hook.asend(FETCH)
        connect(new.url, key="key-2")
        await hook.asend(FETCH)
        assert not new.keys, "it is read again at intervals, not at every call"
        monkeypatch.setattr(shared_client, "RENEW", 0.0)
        async with shared_client.shared_client(
            (ModelsLabHook, "modelslab_default"), hook._load_settings, max_age=0.0
        ):
            await until(lambda: not old.open)
        await hook.asend(FETCH)
    assert old.keys == ["key-1", "key-1"] and new.keys == ["key-2"]
    await until(lambda: not new.open)


async def test_calls_under_way_keep_their_client_when_the_connection_changes(
    vendors: Any, connect: Any
) -> None:
    old, new = await vendors(), await vendors()
    connect(old.url)
    hook = ModelsLabHook()
    async with hook.connected():
        old.answers.clear()
        slow = asyncio.create_task(hook.asend(FETCH))
        await until(lambda: len(old.keys) == 1)
        connect(new.url)
        async with hook._shared_client(0.0) as shared:
            await until(lambda: shared._renewal is not None and shared._renewal.done())
        await hook.asend(FETCH)
        assert len(new.keys) == 1 and old.open
        old.answers.set()
        assert (await slow).state is JobState.PROCESSING
        await until(lambda: not old.open)


async def test_a_refused_key_is_read_again_at_once(
    vendor: Vendor, connect: Any, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_client, "RECENT", 0.0)
    connect(vendor.url, key="key-1")
    vendor.good_key = "key-2"
    hook = ModelsLabHook()
    async with hook.connected():
        connect(vendor.url, key="key-2")
        with pytest.raises(AuthenticationError):
            await hook.asend(FETCH)
        async with hook._shared_client(60) as shared:
            await until(lambda: shared._renewal is not None and shared._renewal.done())
        assert len(lookups) == 2
        assert (await hook.asend(FETCH)).state is JobState.PROCESSING
    assert vendor.keys == ["key-1", "key-2"]


async def test_a_storm_of_refusals_does_not_become_one_of_lookups(
    vendor: Vendor, connect: Any, lookups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_client, "RECENT", 3600.0)
    connect(vendor.url, key="key-1")
    vendor.good_key = "key-2"
    hooks = [ModelsLabHook() for _ in range(200)]
    async with hooks[0].connected():
        errors = await asyncio.gather(*(hook.asend(FETCH) for hook in hooks), return_exceptions=True)
    assert all(isinstance(error, AuthenticationError) for error in errors)
    assert len(lookups) == 1, "the key was read a moment before"


async def test_a_failing_lookup_keeps_the_last_settings(
    connect: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connect()
    transport, sent = answering()
    hook = ModelsLabHook(transport=transport)
    async with hook.connected():
        monkeypatch.delenv("AIRFLOW_CONN_MODELSLAB_DEFAULT")
        async with hook._shared_client(0.0) as shared:
            await until(lambda: shared._renewal is not None and shared._renewal.done())
        assert (await hook.asend(FETCH)).state is JobState.PROCESSING
    assert sent and "last settings stay in use" in caplog.text


def test_loops_one_after_the_other_share_nothing(connect: Any) -> None:
    connect()
    for _ in range(3):
        transport, sent = answering()
        asyncio.run(ModelsLabHook(transport=transport).asend(FETCH))
        assert len(sent) == 1
    assert sum(1 for loop in shared_client._clients if loop.is_closed()) <= 1


def test_a_loop_closed_with_users_left_is_forgotten(connect: Any) -> None:
    connect()
    transport, _ = answering()
    hook = ModelsLabHook(transport=transport)
    loop = asyncio.new_event_loop()
    stays = hook.connected()
    loop.run_until_complete(stays.__aenter__())
    loop.close()
    asyncio.run(hook.asend(FETCH))
    assert loop not in shared_client._clients
    del stays


async def test_httpx_logs_none_of_our_calls_and_all_of_others(
    connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    connect()
    transport, _ = answering()
    hook = ModelsLabHook(transport=transport)
    with caplog.at_level(logging.INFO, logger="httpx"):
        await hook.asend(FETCH)
        await asyncio.to_thread(hook.send, FETCH)
        assert "HTTP Request" not in caplog.text
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get("http://127.0.0.1:1/theirs")
    assert "/theirs" in caplog.text


def test_operators_are_imported_without_the_polling_client() -> None:
    check = (
        "import sys, airflow_provider_faceswap.operators.modelslab, airflow_provider_faceswap.hooks.base\n"
        "print([name for name in ('aiohttp', 'httpx_aiohttp', 'aiolimiter') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert found.stdout.strip().endswith("[]")
