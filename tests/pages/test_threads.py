from __future__ import annotations

import threading
from functools import partial

import anyio
import pytest

from airflow_provider_faceswap.pages import threads as module
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.pages.threads import Threads, Turns


async def test_a_function_runs_in_another_thread() -> None:
    assert await Threads(1).run(threading.get_ident) != threading.get_ident()


async def test_no_more_run_at_once_than_there_are_threads() -> None:
    pool, most, running = Threads(3), 0, 0
    lock = threading.Lock()
    together = threading.Barrier(3)

    def run() -> None:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        together.wait(timeout=30)  # only if three of them run at once does it go on
        with lock:
            running -= 1

    async with anyio.create_task_group() as group:
        for _ in range(9):
            group.start_soon(pool.run, run)
    assert most == 3


async def test_a_store_that_hangs_takes_no_thread_of_airflows() -> None:
    release, pool = threading.Event(), Threads(2)
    async with anyio.create_task_group() as group:
        for _ in range(60):
            group.start_soon(pool.run, partial(release.wait, 30))
        await anyio.sleep(0)
        assert await anyio.to_thread.run_sync(lambda: "served") == "served"
        release.set()


async def test_who_waits_too_long_for_a_thread_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    release, pool = threading.Event(), Threads(1)
    async with anyio.create_task_group() as group:
        group.start_soon(pool.run, partial(release.wait, 30))
        await anyio.wait_all_tasks_blocked()
        with monkeypatch.context() as patch:
            patch.setattr(module, "PATIENCE", 0)
            with pytest.raises(NotShownError, match="at once"):
                await pool.run(lambda: None)
        release.set()
    assert await pool.run(lambda: "free again") == "free again"


async def test_an_error_of_the_function_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        await Threads(1).run(lambda: 1 // 0)


async def test_a_turn_is_given_back_whatever_happens() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with turns.take():
                raise ZeroDivisionError


async def test_who_waits_too_long_in_line_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(1)
    async with turns.take():
        with monkeypatch.context() as patch:
            patch.setattr(module, "PATIENCE", 0)
            with pytest.raises(NotShownError) as error:
                async with turns.take():
                    raise AssertionError
            assert (error.value.reason, error.value.status) == ("busy", 503)
    async with turns.take():
        pass
