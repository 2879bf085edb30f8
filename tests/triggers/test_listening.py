"""Jobs that are polled, and whose callbacks say when."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from airflow_provider_faceswap.apis import watch
from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.siblings import Siblings
from airflow_provider_faceswap.exceptions import PollError
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.triggers import crowd, joblist
from airflow_provider_faceswap.triggers import jobs as module
from airflow_provider_faceswap.triggers.crowd import ASK_AGAIN, MISSED, Crowd
from airflow_provider_faceswap.triggers.joblist import BatchJob
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger
from airflow_provider_faceswap.triggers.listener import Listener
from airflow_provider_faceswap.triggers.tally import Tally
from tests.triggers.virtual import START, VirtualLoop

Answer = Callable[[str, float], JobState]
Calls = list[tuple[float, str, str]]
"""When a callback comes, the nonce that it comes for, and the id that it names."""
ENDS = 100.0


class FakeListener:
    """Hears what a script says."""

    def __init__(self, loop: VirtualLoop, calls: Calls, *, hears: bool = True) -> None:
        self.loop, self.calls, self.hears = loop, sorted(calls), hears

    async def __aenter__(self) -> FakeListener:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def called(self, seconds: float | None = None) -> tuple[str, set[str]]:
        left = 1e6 if seconds is None else seconds
        if self.calls and self.calls[0][0] - self.loop.time() <= left:
            at, nonce, job_id = self.calls.pop(0)
            await asyncio.sleep(max(0.0, at - self.loop.time()))
            return nonce, {job_id}
        await asyncio.sleep(left)
        return "", set()


class Polls:
    """A vendor whose polls are noted."""

    def __init__(self, loop: VirtualLoop, answer: Answer) -> None:
        self.at: list[float] = []
        self.hook = mock.create_autospec(ModelsLabHook, instance=True)
        self.hook.connected.return_value.__aenter__ = mock.AsyncMock()
        self.hook.connected.return_value.__aexit__ = mock.AsyncMock(return_value=None)
        self.hook.asend.side_effect = self.asend
        self._loop, self._answer = loop, answer

    async def asend(self, poll: Any, base_url: str) -> Job:
        self.at.append(self._loop.time())
        await asyncio.sleep(0.1)
        return Job(job_id=poll.job_id, state=self._answer(poll.job_id, self._loop.time()))


def ended(job_id: str, age: float) -> JobState:
    return JobState.SUCCESS if age >= ENDS else JobState.PROCESSING


def nobody(job_id: str, age: float) -> JobState:
    return JobState.UNKNOWN


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> VirtualLoop:
    virtual = VirtualLoop()
    for one in (module, crowd, joblist):
        monkeypatch.setattr(one, "time", virtual.clock)
    monkeypatch.setattr(watch.random, "random", lambda: 0.5)
    return virtual


def run_one(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch, answer: Answer, calls: Calls, **job: Any
) -> tuple[Polls, Any, float]:
    """Watch one job; return the vendor, how the watch ended, and when."""
    vendor = Polls(loop, answer)
    heard = job.pop("hears", True)
    monkeypatch.setattr(module, "hook_for", lambda provider, conn_id: vendor.hook)
    monkeypatch.setattr(module, "Listener", lambda *_: FakeListener(loop, calls, hears=heard))
    options = {name: job.pop(name) for name in ("poll_interval", "end_from_trigger") if name in job}
    entry = {"job_id": "278", "nonce": "n", "submitted_at": START, "eta": ENDS, **job}
    one = SwapJobsTrigger(provider="modelslab", conn_id="c", jobs=[entry], deadline=START + 3600, **options)
    (end,) = loop.run(one._wait_for_all())
    return vendor, end, loop.time()


def run_crowd(
    loop: VirtualLoop, answer: Answer, calls: Calls, lines: list[dict[str, Any]], *, hears: bool = True
) -> tuple[Polls, Tally, float]:
    """Watch a batch; return the vendor, the tally, and when it fired."""
    jobs = [BatchJob({"submitted_at": START, **line}, START + 3600, None) for line in lines]
    vendor, tally = Polls(loop, answer), Tally(len(jobs), Siblings())
    listener: Any = FakeListener(loop, calls, hears=hears)
    one = Crowd(jobs, tally, hook=vendor.hook, provider="modelslab", base_url="", listener=listener)
    loop.run(one.watch())
    return vendor, tally, loop.time()


def batch(jobs: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"job_id": str(n), "nonce": f"n{n}", "eta": ENDS, **fields} for n in range(jobs)]


def test_a_callback_ends_the_wait_and_no_poll_is_needed(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, end, at = run_one(loop, monkeypatch, ended, [(ENDS, "n", "278")])
    assert (end.state, end.job, vendor.at, at) == ("called_back", None, [], ENDS)


def test_a_callback_that_is_lost_is_made_up_for(loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor, end, at = run_one(loop, monkeypatch, ended, [])
    assert end.state == "success" and len(vendor.at) == 1 and at == pytest.approx(ENDS + 60, abs=1)


def test_the_first_of_both_counts(loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    _, end, at = run_one(loop, monkeypatch, ended, [(ENDS, "n", "278")], eta=20.0)
    assert (end.state, at) == ("called_back", ENDS)


def test_a_callback_for_another_job_changes_nothing(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, end, at = run_one(loop, monkeypatch, ended, [(5.0, "n", "279")])
    assert end.state == "success" and len(vendor.at) == 1 and at == pytest.approx(ENDS + 60, abs=1)


def test_without_an_inbox_it_is_polled_as_others_are(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, end, at = run_one(loop, monkeypatch, ended, [], hears=False)
    assert end.state == "success" and len(vendor.at) > 1 and at < ENDS * 1.1


def test_an_inbox_that_cannot_be_read_any_more_ends_a_long_wait(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fallback poll would come 1,500 s after the eta."""
    hears = property(lambda self: loop.time() < 4, lambda *_: None)
    monkeypatch.setattr(FakeListener, "hears", hears, raising=False)
    _, end, at = run_one(loop, monkeypatch, ended, [], eta=3000.0, submitted_at=START - 3000 + ENDS)
    assert end.state == "success" and at < ENDS + 300


def test_an_inbox_that_is_lost_puts_no_poll_off(loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    hears = property(lambda self: loop.time() < 570, lambda *_: None)
    monkeypatch.setattr(FakeListener, "hears", hears, raising=False)
    vendor, _, _ = run_one(loop, monkeypatch, ended, [], poll_interval=600.0)
    assert vendor.at == [pytest.approx(600, abs=1)]


def test_an_interval_of_the_user_is_kept(loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor, _, _ = run_one(loop, monkeypatch, ended, [(ENDS, "n", "278")], poll_interval=30.0)
    assert vendor.at == [pytest.approx(at, abs=1) for at in (30, 60, 90)]


def test_a_trigger_that_ends_the_task_itself_polls_for_the_result(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, end, _ = run_one(loop, monkeypatch, ended, [(ENDS, "n", "278")], end_from_trigger=True)
    assert (end.state, vendor.at, end.job.state) == ("success", [ENDS], JobState.SUCCESS)


def test_an_id_that_the_vendor_knows_settles_a_doubt(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, end, _ = run_one(loop, monkeypatch, ended, [(50.0, "n", "278")], job_id="")
    assert (end.key, end.state, vendor.at) == ("n", "called_back", [50.0])


def test_an_id_that_the_vendor_does_not_know_settles_nothing(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor, end, at = run_one(loop, monkeypatch, nobody, [(50.0, "n", "666")], job_id="")
    assert (end.key, end.state) == ("n", "deadline") and at == pytest.approx(3600, abs=1)
    assert len(vendor.at) == pytest.approx(3550 / ASK_AGAIN, abs=2)


def test_a_batch_needs_no_poll_where_all_call_back(loop: VirtualLoop) -> None:
    calls = [(ENDS + n, f"n{n}", str(n)) for n in range(20)]
    vendor, tally, at = run_crowd(loop, ended, calls, batch(20))
    assert (tally.event(START)["counts"], vendor.at, at) == ({"called_back": 20}, [], ENDS + 19)


def test_a_few_lost_callbacks_are_made_up_for(loop: VirtualLoop) -> None:
    calls = [(ENDS + n, f"n{n}", str(n)) for n in range(20) if n not in (3, 4)]
    vendor, tally, at = run_crowd(loop, ended, calls, batch(20))
    assert tally.event(START)["counts"] == {"called_back": 18, "success": 2}
    assert len(vendor.at) == 2 and at < ENDS + 70


@pytest.mark.parametrize("hears", [True, False])
def test_where_no_callback_comes_at_all_polls_go_on_at_their_usual_pace(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch, hears: bool
) -> None:
    """Half of the jobs end late: the first half has shown that nobody calls. Fallback polls would be 40."""

    def answer(job_id: str, age: float) -> JobState:
        return JobState.SUCCESS if age >= (ENDS if int(job_id) < 10 else 10 * ENDS) else JobState.PROCESSING

    monkeypatch.setattr(crowd.random, "uniform", random.Random(0).uniform)
    vendor, tally, _ = run_crowd(loop, answer, [], batch(20), hears=hears)
    assert tally.event(START)["counts"] == {"success": 20} and MISSED < 10
    assert 13 <= sum(2 * ENDS < at < 10 * ENDS for at in vendor.at) <= 18


def test_a_batch_without_an_inbox_is_polled_as_others_are(loop: VirtualLoop) -> None:
    _, tally, at = run_crowd(loop, ended, [], batch(20), hears=False)
    assert tally.event(START)["counts"] == {"success": 20} and at < 1.15 * ENDS


def test_doubts_of_a_batch(loop: VirtualLoop) -> None:
    """Row 0's id is known, row 1's is not, row 2 gets none."""

    def answer(job_id: str, age: float) -> JobState:
        return JobState.PROCESSING if job_id == "278" else JobState.UNKNOWN

    lines = batch(3, job_id="", deadline=START + 600)
    vendor, tally, at = run_crowd(loop, answer, [(30.0, "n0", "278"), (30.0, "n1", "666")], lines)
    assert tally.event(START)["counts"] == {"called_back": 1, "deadline": 2}
    assert at == pytest.approx(600, abs=1) and len(vendor.at) <= 2 + 570 / ASK_AGAIN


def test_a_named_job_is_asked_for_again_while_polls_fail(loop: VirtualLoop) -> None:
    def answer(job_id: str, age: float) -> JobState:
        if age < 100:
            raise PollError("HTTP 503")
        return JobState.SUCCESS

    _, tally, at = run_crowd(loop, answer, [(30.0, "n0", "278")], batch(1, job_id=""))
    assert tally.event(START)["counts"] == {"called_back": 1} and at < 100 + ASK_AGAIN + 1


def test_a_callback_that_comes_while_a_poll_runs_counts_once(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd.random, "uniform", lambda *_: 1.0)
    vendor, tally, _ = run_crowd(loop, ended, [(160.05, "n0", "0")], batch(1))
    assert tally.ended == 1 and vendor.at == [160.0]


async def test_a_listener_without_a_nonce_only_sleeps() -> None:
    async with Listener("modelslab", "") as listener:
        assert not listener.hears and await listener.called(0.0) == ("", set())


async def test_a_listener_without_an_inbox_says_so_and_only_sleeps(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AIRFLOW__FACESWAP__INBOX", raising=False)
    async with Listener("modelslab", "N" * 22) as listener:
        assert not listener.hears and await listener.called(0.0) == ("", set())
    assert "cannot see callbacks" in caplog.text
