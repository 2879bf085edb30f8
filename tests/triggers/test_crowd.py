from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.siblings import Siblings
from airflow_provider_faceswap.exceptions import AuthenticationError, PollError
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.triggers import crowd as module
from airflow_provider_faceswap.triggers import joblist
from airflow_provider_faceswap.triggers.crowd import Crowd
from airflow_provider_faceswap.triggers.joblist import BatchJob
from airflow_provider_faceswap.triggers.tally import Tally, ended_lines
from tests.triggers.virtual import START, VirtualLoop

Answer = Callable[[str, float], JobState]


class FakeVendor:
    """Answers polls on a virtual clock, each after a tenth of a second."""

    def __init__(self, loop: VirtualLoop, answer: Answer) -> None:
        self.loop = loop
        self.answer = answer
        self.polls: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.asked: list[tuple[str, float]] = []
        self.hook = mock.create_autospec(ModelsLabHook, instance=True)
        self.hook.asend.side_effect = self.asend

    async def asend(self, poll: Any, base_url: str) -> Job:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.polls[poll.job_id] += 1
        self.asked.append((poll.job_id, self.loop.time()))
        try:
            await asyncio.sleep(0.1)
            state = self.answer(poll.job_id, self.loop.time())
        finally:
            self.at_once -= 1
        return Job(job_id=poll.job_id, state=state)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> VirtualLoop:
    random.seed(7)
    virtual = VirtualLoop()
    monkeypatch.setattr(module, "time", virtual.clock)
    monkeypatch.setattr(joblist, "time", virtual.clock)
    return virtual


def run(
    loop: VirtualLoop,
    answer: Answer,
    jobs: int = 1,
    *,
    lines: dict[str, Any] | None = None,
    poll_interval: float | None = None,
    **rules: Any,
) -> tuple[FakeVendor, Tally, float]:
    """Watch jobs of one batch; return the vendor, the tally, and when it fired."""
    entries = [
        BatchJob({"job_id": str(number), "submitted_at": START, **(lines or {})}, START + 3600, poll_interval)
        for number in range(jobs)
    ]
    fake = FakeVendor(loop, answer)
    tally = Tally(jobs, rules.pop("siblings", Siblings()), **rules)
    crowd = Crowd(entries, tally, hook=fake.hook, provider="modelslab", base_url="https://here.example.com")
    loop.run(crowd.watch())
    return fake, tally, loop.time()


async def silence(*_: object) -> None:
    await asyncio.sleep(1e9)


def ends_at(seconds: float) -> Answer:
    return lambda job_id, age: JobState.SUCCESS if age >= seconds else JobState.PROCESSING


def test_all_jobs_are_polled_to_their_end(loop: VirtualLoop) -> None:
    vendor, tally, fired = run(loop, ends_at(100.0), 300)
    event = tally.event(START)
    assert event["counts"] == {"success": 300} and ended_lines(event, 300) == list(range(300))
    assert 100 <= fired < 120
    assert event["polls"] == sum(vendor.polls.values()) < 6 * 300
    assert {call.args[1] for call in vendor.hook.asend.await_args_list} == {"https://here.example.com"}


def test_polls_at_a_time_are_bounded(loop: VirtualLoop) -> None:
    vendor, _, _ = run(loop, ends_at(0.0), 1000)
    assert vendor.most_at_once == module.POLLS_AT_ONCE


def test_it_fires_when_enough_have_ended(loop: VirtualLoop) -> None:
    def answer(job_id: str, age: float) -> JobState:
        return ends_at(30.0 if int(job_id) % 2 else 3000.0)(job_id, age)

    _, tally, fired = run(loop, answer, 100, wake=50)
    assert fired < 50
    assert ended_lines(tally.event(START), 100) == list(range(1, 100, 2))


def test_a_stuck_job_does_not_hold_up_the_others(loop: VirtualLoop) -> None:
    answer: Answer = lambda job_id, age: ends_at(9000.0 if job_id == "0" else 100.0)(job_id, age)  # noqa: E731
    _, tally, fired = run(loop, answer, 10, patience=30.0)
    assert tally.ended == 9 and 130 <= fired < 150


def test_each_job_has_a_deadline_of_its_own(loop: VirtualLoop) -> None:
    _, tally, fired = run(loop, ends_at(9000.0), 3, lines={"deadline": START + 60})
    assert tally.event(START)["counts"] == {"deadline": 3} and 60 <= fired < 62


def test_a_vendor_that_never_answers_does_not_outlast_the_deadline(loop: VirtualLoop) -> None:
    fake = mock.create_autospec(ModelsLabHook, instance=True)
    fake.asend.side_effect = silence
    entries = [BatchJob({"job_id": str(number)}, START + 60, None) for number in range(200)]
    tally = Tally(200, Siblings())
    crowd = Crowd(entries, tally, hook=fake, provider="modelslab", base_url="")

    async def main() -> None:
        await asyncio.wait_for(crowd.watch(), 1000)

    with pytest.raises(asyncio.TimeoutError):
        loop.run(main())
    assert tally.ended == 150, "all but those that are being asked about, which the HTTP timeout ends"


def failing(*errors: Exception) -> Answer:
    left = list(errors)

    def answer(job_id: str, age: float) -> JobState:
        if left:
            raise left.pop(0)
        return JobState.SUCCESS

    return answer


@pytest.mark.parametrize(
    "error", [PollError("HTTP 502"), AuthenticationError("key refused"), RuntimeError("https://x/secret")]
)
def test_a_poll_that_fails_never_gives_a_job_up(loop: VirtualLoop, error: Exception) -> None:
    _, tally, fired = run(loop, failing(error, error, error))
    event = tally.event(START)
    assert event["counts"] == {"success": 1} and event["problem"] == ""
    assert fired > 10, "it backs off"


def test_the_vendor_is_asked_no_sooner_than_it_wants(loop: VirtualLoop) -> None:
    vendor, _, _ = run(loop, failing(PollError("HTTP 429", 77.0)))
    (_, first), (_, second) = vendor.asked
    assert second - first >= 77


def test_the_problem_of_a_job_past_its_deadline_is_in_the_event(loop: VirtualLoop) -> None:
    errors = [PollError("HTTP 502 " + "x" * 500)] * 1000
    _, tally, _ = run(loop, failing(*errors), 3, lines={"deadline": START + 60})
    problem = tally.event(START)["problem"]
    assert problem.startswith("HTTP 502") and len(problem) == 200


def test_the_text_of_an_unexpected_error_is_not_repeated(
    loop: VirtualLoop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, module.__name__)
    errors = [RuntimeError("https://x/secret")] * 1000
    _, tally, _ = run(loop, failing(*errors), lines={"deadline": START + 60})
    assert tally.event(START)["problem"] == "RuntimeError" and "secret" not in caplog.text


def test_an_unknown_id_is_believed_after_a_minute(loop: VirtualLoop) -> None:
    _, tally, fired = run(loop, lambda job_id, age: JobState.UNKNOWN)
    assert tally.event(START)["counts"] == {"unknown": 1} and fired >= 60


def test_a_fixed_interval_is_kept(loop: VirtualLoop) -> None:
    vendor, _, _ = run(loop, ends_at(100.0), 2, poll_interval=20.0)
    assert set(vendor.polls.values()) == {5} or set(vendor.polls.values()) == {4, 5}


def test_a_job_that_another_trigger_watched_is_not_polled_at_once(loop: VirtualLoop) -> None:
    teacher = Siblings()
    for _ in range(100):
        teacher.on_running(None, 0.0, 95.0)
        teacher.on_end(None, 95.0, 100.0)
    siblings = Siblings(teacher.as_dict(START))
    lines = {"submitted_at": START - 60, "eta": None}
    vendor, _, _ = run(loop, ends_at(40.0), 50, lines=lines, siblings=siblings)
    assert min(asked for _, asked in vendor.asked) > 10
    assert sum(vendor.polls.values()) < 5 * 50


def test_no_line_for_each_job_above_debug(loop: VirtualLoop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, module.__name__)

    def answer(job_id: str, age: float) -> JobState:
        if age < 30:
            raise PollError("HTTP 502")
        return ends_at(200.0)(job_id, age)

    run(loop, answer, 300)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) < 8
    assert any("of 300 jobs have ended" in message for message in messages)
    assert any("polls failed; the last one: HTTP 502" in message for message in messages)


def test_three_thousand_jobs_within_the_budget(loop: VirtualLoop) -> None:
    chance = random.Random(7)
    durations = {str(number): 120 * chance.lognormvariate(0, 0.3) for number in range(3000)}
    entries = [
        BatchJob(
            {"job_id": job_id, "submitted_at": START, "eta": seconds * chance.uniform(0.8, 1.2)},
            START + 3600,
            None,
        )
        for job_id, seconds in durations.items()
    ]
    vendor = FakeVendor(loop, lambda job_id, age: ends_at(durations[job_id])(job_id, age))
    tally = Tally(len(entries), Siblings())
    loop.run(Crowd(entries, tally, hook=vendor.hook, provider="modelslab", base_url="").watch())
    seen = dict(vendor.asked)  # the last poll of each
    late = sum((seen[job_id] - seconds) / seconds for job_id, seconds in durations.items()) / 3000
    assert tally.polls <= 3.5 * 3000 and late <= 0.04


def test_cancelled_it_leaves_no_poll_behind(loop: VirtualLoop) -> None:
    async def main() -> int:
        fake = mock.create_autospec(ModelsLabHook, instance=True)
        fake.asend.side_effect = silence
        entries = [BatchJob({"job_id": str(number)}, START + 3600, None) for number in range(100)]
        crowd = Crowd(entries, Tally(100, Siblings()), hook=fake, provider="modelslab", base_url="")
        watching = asyncio.create_task(crowd.watch())
        await asyncio.sleep(30)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        return len(asyncio.all_tasks())

    assert loop.run(main()) == 1
