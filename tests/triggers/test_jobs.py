from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from airflow.triggers.base import TaskSuccessEvent, TriggerEvent

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.exceptions import AuthenticationError, PollError, SettingsError
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.triggers import base
from airflow_provider_faceswap.triggers import jobs as module
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger

RESULT = "https://cdn.example.com/result.mp4?token=t0k3n"


def job(state: JobState, job_id: str = "278") -> Job:
    return Job(job_id=job_id, state=state, output=(RESULT,) if state is JobState.SUCCESS else ())


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[mock.Mock]:
    double = mock.create_autospec(ModelsLabHook, instance=True)
    double.connected.return_value.__aenter__ = mock.AsyncMock()
    double.connected.return_value.__aexit__ = mock.AsyncMock(return_value=None)
    monkeypatch.setattr(module, "hook_for", lambda provider, conn_id: double)
    monkeypatch.setattr(base, "MIN_EVENT_SECONDS", 0.3)
    return double


def trigger(ids: tuple[str, ...] = ("278",), seconds: float = 5.0, **kwargs: Any) -> SwapJobsTrigger:
    return SwapJobsTrigger(
        provider="modelslab",
        conn_id="c",
        jobs=[{"job_id": job_id, "submitted_at": time.time()} for job_id in ids],
        deadline=time.time() + seconds,
        poll_interval=0.01,
        **kwargs,
    )


async def events(one: SwapJobsTrigger) -> list[TriggerEvent]:
    return [event async for event in one.run()]


async def test_one_event_with_states_and_no_url(hook: mock.Mock) -> None:
    hook.asend.side_effect = [job(JobState.PROCESSING), job(JobState.PROCESSING), job(JobState.SUCCESS)]
    (event,) = await events(trigger())
    assert event.payload == {"counts": {"success": 1}, "states": {"278": "success"}, "problems": {}}
    assert hook.asend.await_count == 3


async def test_no_event_resumes_a_task_too_early(hook: mock.Mock) -> None:
    hook.asend.return_value = job(JobState.SUCCESS)
    started = time.monotonic()
    await events(trigger())
    assert time.monotonic() - started >= 0.3


async def test_polls_that_fail_never_give_a_job_up(hook: mock.Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_provider_faceswap.apis.polling.MAX_BACKOFF", 0.01)
    failures = [PollError("HTTP 502"), AuthenticationError("key rotated"), PollError("timeout")]
    hook.asend.side_effect = [*failures, job(JobState.SUCCESS)]
    (event,) = await events(trigger())
    assert event.payload["states"] == {"278": "success"}


async def test_a_job_is_asked_for_where_it_was_bought(hook: mock.Mock) -> None:
    hook.asend.return_value = job(JobState.SUCCESS)
    one = trigger()
    one.jobs[0]["base_url"] = "https://here.example.com"
    await events(one)
    await events(trigger())
    assert [call.args[1] for call in hook.asend.await_args_list] == ["https://here.example.com", ""]


async def test_a_connection_that_moved_is_waited_for_and_never_settles_a_job(
    hook: mock.Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow_provider_faceswap.apis.polling.MAX_BACKOFF", 0.01)
    hook.asend.side_effect = [*[PollError("the connection moved")] * 3, job(JobState.SUCCESS)]
    (event,) = await events(trigger())
    assert event.payload["states"] == {"278": "success"}
    hook.asend.side_effect = PollError("the connection moved to https://there")
    (event,) = await events(trigger(seconds=0.1))
    assert event.payload["states"] == {"278": "deadline"}
    assert "moved" in event.payload["problems"]["278"]


async def test_the_deadline_ends_the_watch_and_says_what_went_wrong(hook: mock.Mock) -> None:
    hook.asend.side_effect = PollError("HTTP 502 from the vendor")
    (event,) = await events(trigger(seconds=0.1))
    assert event.payload["states"] == {"278": "deadline"}
    assert "HTTP 502" in event.payload["problems"]["278"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionError("https://a.example/?key=secret"), "ConnectionError"),
        (SettingsError("connection 'vendor' is not defined"), "connection 'vendor' is not defined"),
    ],
)
async def test_a_connection_that_cannot_be_read_yet_is_waited_for(
    hook: mock.Mock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    said: str,
) -> None:
    async def no_wait(seconds: float, sleep: Any = asyncio.sleep) -> None:
        await sleep(0)

    monkeypatch.setattr(module.asyncio, "sleep", no_wait)
    hook.connected.side_effect = [error, hook.connected.return_value]
    hook.asend.return_value = job(JobState.SUCCESS)
    (event,) = await events(trigger())
    assert event.payload["counts"] == {"success": 1}
    assert hook.connected.call_count == 2
    logged = capsys.readouterr().out
    assert f"cannot be read yet: {said}" in logged and "secret" not in logged


async def test_ten_thousand_jobs_fit_into_one_event(hook: mock.Mock) -> None:
    hook.asend.side_effect = lambda poll, base_url: job(JobState.SUCCESS, poll.job_id)
    (event,) = await events(trigger(tuple(str(number) for number in range(10_000)), seconds=60))
    assert event.payload == {"counts": {"success": 10_000}}


async def test_named_problems_stay_under_four_kilobytes(hook: mock.Mock) -> None:
    hook.asend.side_effect = PollError("x" * 5000)
    (event,) = await events(
        trigger(tuple(f"{number:0>128}" for number in range(base.MAX_NAMED)), seconds=0.05)
    )
    assert len(event.payload["problems"]) == base.MAX_NAMED
    assert len(json.dumps(event.payload)) < 4096


async def test_it_ends_the_task_itself_where_asked(hook: mock.Mock) -> None:
    hook.asend.return_value = job(JobState.SUCCESS)
    one = trigger(end_from_trigger=True)
    one.task_instance = mock.Mock(task=None, dag_id="d", task_id="t", run_id="r", map_index=3)
    with mock.patch("airflow.sdk.execution_time.xcom.XCom.set", autospec=True) as push:
        (event,) = await events(one)
    assert isinstance(event, TaskSuccessEvent) and event.xcoms is None
    assert push.call_args.kwargs["value"]["output"] == [RESULT]
    assert push.call_args.kwargs["map_index"] == 3


async def test_a_result_without_a_link_is_left_to_a_worker(hook: mock.Mock) -> None:
    hook.asend.return_value = Job(job_id="278", state=JobState.SUCCESS)  # a picture too large to read here
    one = trigger(end_from_trigger=True)
    one.task_instance = mock.Mock(task=None, dag_id="d", task_id="t", run_id="r", map_index=3)
    with mock.patch("airflow.sdk.execution_time.xcom.XCom.set", autospec=True) as push:
        (event,) = await events(one)
    assert not push.called and event.payload["states"] == {"278": "success"}


async def test_it_does_not_end_a_task_whose_job_failed(hook: mock.Mock) -> None:
    hook.asend.return_value = job(JobState.FAILED)
    (event,) = await events(trigger(end_from_trigger=True))
    assert not isinstance(event, TaskSuccessEvent)
    assert event.payload["states"] == {"278": "failed"}


def test_it_survives_the_database(hook: mock.Mock) -> None:
    path, kwargs = trigger(("278", "279"), end_from_trigger=True).serialize()
    assert path == "airflow_provider_faceswap.triggers.jobs.SwapJobsTrigger"
    again = SwapJobsTrigger(**json.loads(json.dumps(kwargs)))
    assert again.serialize() == (path, kwargs)


def test_it_tolerates_arguments_of_other_versions() -> None:
    assert SwapJobsTrigger(from_the_future=1).jobs == []
