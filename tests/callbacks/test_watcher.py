from __future__ import annotations

import asyncio
import json
import logging
import threading
import tracemalloc
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.callbacks import watcher as module
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.callbacks.watcher import Watcher, watcher
from airflow_provider_faceswap.exceptions import InboxError
from tests.hooks.loopback import until

VENDOR = "aifaceswap"
pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTERVAL", 0.02)


def body(job_id: str) -> bytes:
    data = {"success": 1, "task_id": job_id, "result_image": "https://temp.example.com/r.webp"}
    return json.dumps(data).encode()


def nonce(number: int) -> str:
    return f"{number:0>22}"


def ids(jobs: list[Job | None]) -> list[str]:
    return [job.job_id if job else "?" for job in jobs]


async def put(inbox: Inbox, number: int, what: bytes) -> None:
    await asyncio.to_thread(Inbox(inbox.url).put, VENDOR, nonce(number), what)


async def test_each_gets_its_own_and_each_once(inbox: Inbox) -> None:
    one = watcher(inbox.url)
    async with one.subscribe(VENDOR, nonce(1)) as first, one.subscribe(VENDOR, nonce(2)) as second:
        await put(inbox, 1, body("a"))
        await put(inbox, 2, body("b"))
        await put(inbox, 3, body("c"))
        assert ids(await asyncio.wait_for(first.next(), 60)) == ["a"]
        assert ids(await asyncio.wait_for(second.next(), 60)) == ["b"]
        await put(inbox, 1, body("d"))
        assert ids(await asyncio.wait_for(first.next(), 60)) == ["d"]


async def test_one_subscription_serves_many(inbox: Inbox) -> None:
    one = watcher(inbox.url)
    async with one.subscribe(VENDOR, *(nonce(number) for number in range(1000))) as many:
        await put(inbox, 7, body("a"))
        found, jobs = await asyncio.wait_for(many.next_with_nonce(), 60)
        assert (found, ids(jobs)) == (nonce(7), ["a"])
        async with one.subscribe(VENDOR, nonce(7)) as single:
            assert ids(await asyncio.wait_for(single.next(), 60)) == ["a"]
    assert one._task is None


async def test_a_subscription_to_ten_thousand_is_small(tmp_path: Path) -> None:
    nonces = [nonce(number) for number in range(10_000)]
    tracemalloc.start()
    try:
        async with Watcher(f"file://{tmp_path}").subscribe(VENDOR, *nonces):
            held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / len(nonces) < 1024


async def test_what_came_before_counts_for_each_newcomer(inbox: Inbox) -> None:
    await put(inbox, 1, body("a"))
    one = watcher(inbox.url)
    async with one.subscribe(VENDOR, nonce(1)) as first:
        assert ids(await asyncio.wait_for(first.next(), 60)) == ["a"]
        async with one.subscribe(VENDOR, nonce(1)) as second:
            assert ids(await asyncio.wait_for(second.next(), 60)) == ["a"]
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(first.next(), 0.2)


@pytest.mark.parametrize("what", [b"[]", b"{}", b"\xff", b'{"task_id": "../x", "success": 1}'])
async def test_what_cannot_be_read_is_told_as_such(inbox: Inbox, what: bytes) -> None:
    async with watcher(inbox.url).subscribe(VENDOR, nonce(1)) as one:
        await put(inbox, 1, what)
        assert ids(await asyncio.wait_for(one.next(), 60)) == ["?"]


async def test_there_is_one_for_all(tmp_path: Path) -> None:
    url = f"file://{tmp_path}"
    assert watcher(url) is watcher(url)
    assert watcher(url) is not watcher(f"{url}/other")


async def test_one_listing_serves_a_thousand(tmp_path: Path) -> None:
    one = Watcher(f"file://{tmp_path}")
    with mock.patch.object(Inbox, "arrived", autospec=True, return_value={}) as arrived:
        async with contexts(one, 1000):
            await until(lambda: arrived.call_count > 1)
            before = arrived.call_count
            await asyncio.sleep(0.3)
            listings = arrived.call_count - before
    assert listings < 20


class contexts:
    def __init__(self, one: Watcher, number: int) -> None:
        self.all: list[Any] = [one.subscribe(VENDOR, nonce(index)) for index in range(number)]

    async def __aenter__(self) -> None:
        for each in self.all:
            await each.__aenter__()

    async def __aexit__(self, *args: object) -> None:
        for each in self.all:
            await each.__aexit__(None, None, None)


async def test_the_loop_never_waits_for_the_store(tmp_path: Path) -> None:
    threads = set()

    def look(*_: object) -> dict[str, set[str]]:
        threads.add(threading.current_thread())
        return {}

    with mock.patch.object(Inbox, "arrived", autospec=True, side_effect=look):
        async with Watcher(f"file://{tmp_path}").subscribe(VENDOR, nonce(1)):
            await until(lambda: bool(threads))
            await asyncio.sleep(0.1)
    (thread,) = threads
    assert thread is not threading.main_thread()


async def test_it_stops_looking_with_the_last_and_starts_again(tmp_path: Path) -> None:
    one, url = watcher(f"file://{tmp_path}"), f"file://{tmp_path}"
    async with one.subscribe(VENDOR, nonce(1)):
        await asyncio.sleep(0.05)
    assert one._task is None
    await until(lambda: not any(thread.name.startswith("faceswap-inbox") for thread in threading.enumerate()))
    async with one.subscribe(VENDOR, nonce(1)) as again:
        await put(Inbox(url), 1, body("a"))
        assert ids(await asyncio.wait_for(again.next(), 60)) == ["a"]


async def test_an_inbox_that_fails_is_looked_at_again_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, inbox = Watcher(f"file://{tmp_path}"), Inbox(f"file://{tmp_path}")
    await put(inbox, 1, body("a"))
    found = await asyncio.to_thread(inbox.arrived, VENDOR)
    with mock.patch.object(Inbox, "arrived", side_effect=InboxError("the store is down")) as arrived:
        async with one.subscribe(VENDOR, nonce(1)) as waiting:
            await until(lambda: one.problem == "the store is down")
            await until(lambda: arrived.call_count >= 3)
            arrived.return_value, arrived.side_effect = found, None
            assert ids(await asyncio.wait_for(waiting.next(), 30)) == ["a"]
            await until(lambda: one.problem == "")
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["Callbacks cannot be seen at the moment: the store is down"]


async def test_a_body_that_a_worker_took_meanwhile_is_left_out(tmp_path: Path) -> None:
    one, gone = Watcher(f"file://{tmp_path}"), f"{nonce(1)}.{'0' * 32}"
    with mock.patch.object(Inbox, "arrived", autospec=True, return_value={nonce(1): {gone}}):
        async with one.subscribe(VENDOR, nonce(1)) as waiting:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(waiting.next(), 0.2)
    assert one.problem == ""


async def test_a_vendor_that_is_none_does_not_end_the_watch_for_others(tmp_path: Path) -> None:
    one = watcher(f"file://{tmp_path}")
    async with one.subscribe("elsewhere", nonce(2)), one.subscribe(VENDOR, nonce(1)) as other:
        await asyncio.to_thread(Inbox(one._inbox.url).put, "elsewhere", nonce(2), b"[1]")
        await until(lambda: bool(one.problem))
        await put(one._inbox, 1, body("a"))
        assert ids(await asyncio.wait_for(other.next(), 60)) == ["a"]
        assert one.problem


def test_state_is_success() -> None:
    assert module.vendor(VENDOR).read_callback(body("a")).state is JobState.SUCCESS  # type: ignore[misc]
