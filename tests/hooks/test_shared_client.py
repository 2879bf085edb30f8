from __future__ import annotations

import asyncio
import itertools
import json
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from airflow.sdk import BaseHook

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.exceptions import AuthenticationError, PollError, SettingsError
from airflow_provider_faceswap.hooks import shared_client, throttle
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger

FETCH = Fetch(job_id="278")
RUNNING = {"status": "processing", "output": ""}
WRONG_KEY = {"status": "error", "message": "Invalid API key"}


class Vendor:
    """Answers on loopback; keeps the keys and counts the connections."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.connections = self.open = self.most_open = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.good_key: str | None = None
        self.url = ""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                self.keys.append(json.loads(await reader.readexactly(size))["key"])
                await self.answers.wait()
                refused = self.good_key not in (None, self.keys[-1])
                body = json.dumps(WRONG_KEY if refused else RUNNING).encode()
                writer.write(b"HTTP/1.1 %d .\r\n" % (401 if refused else 200))
                writer.write(b"Content-Length: %d\r\nSet-Cookie: a=b\r\n\r\n%s" % (len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@pytest.fixture
async def vendors() -> AsyncIterator[Callable[[], Any]]:
    servers = []

    async def start() -> Vendor:
        vendor = Vendor()
        server = await asyncio.start_server(vendor.connected, "127.0.0.1", 0)
        servers.append(server)
        vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return vendor

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def vendor(vendors: Any) -> Vendor:
    started: Vendor = await vendors()
    return started


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def define(host: str = "http://127.0.0.1:1", key: str = "key-1", **extra: Any) -> None:
        conn = {"conn_type": "modelslab", "host": host, "password": key, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))

    return define


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    real = BaseHook.get_connection

    def counted(conn_id: str) -> Any:
        seen.append(conn_id)
        time.sleep(0.02)
        return real(conn_id)

    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(counted))
    return seen


def answering(status: int = 200, headers: dict[str, str] | None = None, body: Any = RUNNING) -> Any:
    sent: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(asyncio.get_running_loop().time())
        return httpx.Response(status, headers=headers, json=body)

    transport = httpx.MockTransport(answer)
    return transport, sent


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.005)


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped = 0.0
        selector: Any = self._selector  # type: ignore[attr-defined]
        select = selector.select

        def jump(timeout: float | None) -> Any:
            ready = select(None if timeout is None else 0)
            if not ready and timeout:
                self.jumped += timeout
            return ready

        selector.select = jump

    def time(self) -> float:
        return super().time() + self.jumped


@pytest.fixture
def jumping() -> Iterator[JumpingLoop]:
    loop = JumpingLoop()
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
    loop.close()


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
            deadline=time.time() + 60,
            poll_interval=0.01,
        )
        for _ in range(100)
    ]
    tasks = [asyncio.ensure_future(anext(trigger.run())) for trigger in triggers]
    await until(lambda: len(vendor.keys) > 1000)
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


async def test_no_cancellation_is_lost(vendor: Vendor, connect: Any) -> None:
    connect(vendor.url)

    async def polls() -> None:
        hook = ModelsLabHook()
        async with hook.connected():
            while True:
                await hook.asend(FETCH)

    for round_ in range(10):
        tasks = [asyncio.create_task(polls()) for _ in range(60)]
        await asyncio.sleep(0.02 + 0.007 * round_)
        for task in tasks:
            task.cancel()
        _, alive = await asyncio.wait(tasks, timeout=5)
        assert not alive
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

    async def stay(hook: ModelsLabHook) -> None:
        async with hook.connected():
            await asyncio.sleep(0.1)

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
        await until(lambda: len(lookups) == 2)
        await asyncio.sleep(0.1)
        assert (await hook.asend(FETCH)).state is JobState.PROCESSING
    assert vendor.keys == ["key-1", "key-2"]


async def test_a_storm_of_refusals_does_not_become_one_of_lookups(
    vendor: Vendor, connect: Any, lookups: list[str]
) -> None:
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
