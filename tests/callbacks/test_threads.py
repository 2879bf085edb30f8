from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from airflow_provider_faceswap.callbacks.threads import BoundedThreads, BusyError


@pytest.fixture
def released() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


async def begin(threads: BoundedThreads, key: str, released: threading.Event) -> asyncio.Task[bool]:
    begun = threading.Event()

    def hang() -> bool:
        begun.set()
        return released.wait(60)

    task = asyncio.create_task(threads.run(key, hang))
    assert await asyncio.to_thread(begun.wait, 30)
    return task


async def abandon(task: asyncio.Task[bool]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def test_results_and_errors_come_back() -> None:
    threads = BoundedThreads(1, 0)
    assert await threads.run("a", int, "7") == 7
    with pytest.raises(ValueError):
        await threads.run("a", int, "x")
    assert await threads.run("a", int, "8") == 8


async def test_an_abandoned_thread_that_still_runs_keeps_its_place(released: threading.Event) -> None:
    threads = BoundedThreads(2, 10)
    for key in "ab":
        await abandon(await begin(threads, key, released))
    with pytest.raises(BusyError, match="every thread hangs"):
        await threads.run("c", int)
    released.set()
    while True:
        try:
            assert await threads.run("c", int) == 0
            break
        except BusyError:
            await asyncio.sleep(0)


async def test_while_one_hangs_the_others_serve(released: threading.Event) -> None:
    threads = BoundedThreads(2, 10)
    await abandon(await begin(threads, "a", released))
    assert await threads.run("b", int, "7") == 7
    with pytest.raises(BusyError, match="still runs"):
        await threads.run("a", int)


async def test_what_was_given_up_before_it_began_never_runs(released: threading.Event) -> None:
    threads, ran = BoundedThreads(1, 10), []
    running = await begin(threads, "a", released)
    queued = asyncio.create_task(threads.run("b", ran.append, 1))
    await asyncio.sleep(0)
    await abandon(queued)
    released.set()
    await running
    await threads.run("b", ran.append, 2)
    assert ran == [2]


async def test_only_so_many_wait_for_a_thread(released: threading.Event) -> None:
    threads = BoundedThreads(1, 1)
    running = await begin(threads, "a", released)
    queued = asyncio.create_task(threads.run("b", int))
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="too many"):
        await threads.run("c", int)
    released.set()
    assert await asyncio.gather(running, queued) == [True, 0]
