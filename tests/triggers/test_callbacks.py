from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from airflow.triggers.base import TaskSuccessEvent, TriggerEvent

from airflow_provider_faceswap.callbacks import watcher
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.triggers import base
from airflow_provider_faceswap.triggers.callbacks import SwapCallbackTrigger

NONCE, JOB = "N" * 22, "ac3eb7"
RESULT = "https://temp.example.com/result.webp?token=t0k3n"


@pytest.fixture
async def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inbox]:
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", f"file://{tmp_path}")
    monkeypatch.setattr(base, "MIN_EVENT_SECONDS", 0.3)
    monkeypatch.setattr(watcher, "INTERVAL", 0.02)
    yield Inbox(f"file://{tmp_path}")


def trigger(job_id: str = JOB, seconds: float = 60.0, **kwargs: Any) -> SwapCallbackTrigger:
    return SwapCallbackTrigger(
        provider="aifaceswap",
        conn_id="c",
        jobs=[{"nonce": NONCE, "job_id": job_id}],
        deadline=time.time() + seconds,
        **kwargs,
    )


async def events(one: SwapCallbackTrigger) -> list[TriggerEvent]:
    return [event async for event in one.run()]


async def put(inbox: Inbox, nonce: str = NONCE, **fields: Any) -> None:
    body = {"success": 1, "type": 1, "task_id": JOB, "result_image": RESULT, **fields}
    await asyncio.to_thread(inbox.put, "aifaceswap", nonce, json.dumps(body).encode())


async def test_one_event_with_states_and_no_url(inbox: Inbox) -> None:
    waiting = asyncio.create_task(events(trigger()))
    await asyncio.sleep(0.1)
    await put(inbox)
    (event,) = await waiting
    assert event.payload == {"counts": {"called_back": 1}, "states": {JOB: "called_back"}, "problems": {}}
    assert len(await asyncio.to_thread(inbox.bodies, "aifaceswap", NONCE)) == 1, "it only reads"


async def test_no_event_resumes_a_task_too_early(inbox: Inbox) -> None:
    await put(inbox)
    started = time.monotonic()
    await events(trigger())
    assert time.monotonic() - started >= 0.3


async def test_the_deadline_ends_the_watch(inbox: Inbox) -> None:
    (event,) = await events(trigger(seconds=0.1))
    assert event.payload["states"] == {JOB: "deadline"}
    assert event.payload["problems"] == {JOB: "no callback came"}


async def test_a_deadline_long_past_ends_it_at_once(inbox: Inbox) -> None:
    (event,) = await events(trigger(seconds=-9000))
    assert event.payload["counts"] == {"deadline": 1}


async def test_a_foreign_callback_does_not_fire_and_is_told_once(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SwapCallbackTrigger, "log", mock.Mock())
    await put(inbox, task_id="another")
    await asyncio.to_thread(inbox.put, "aifaceswap", NONCE, b'["rubbish"]')
    one = trigger(seconds=5.0)
    (event,) = await events(one)
    assert event.payload["states"] == {JOB: "deadline"}
    assert one.log.warning.call_count == 2
    assert "another" in str(one.log.warning.call_args_list)


async def test_the_own_callback_fires_although_a_strangers_came_first(inbox: Inbox) -> None:
    await put(inbox, task_id="another")
    waiting = asyncio.create_task(events(trigger()))
    await asyncio.sleep(0.1)
    await put(inbox)
    (event,) = await waiting
    assert event.payload["states"] == {JOB: "called_back"}


async def test_where_the_id_is_not_known_any_that_can_be_read_fires(inbox: Inbox) -> None:
    await asyncio.to_thread(inbox.put, "aifaceswap", NONCE, b'["rubbish"]')
    waiting = asyncio.create_task(events(trigger("")))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await put(inbox, success=0)
    (event,) = await waiting
    assert event.payload["states"] == {NONCE: "called_back"}


async def test_all_jobs_are_waited_for(inbox: Inbox) -> None:
    one = trigger()
    one.jobs = [{"nonce": f"{index:0>22}", "job_id": str(index)} for index in range(100)]
    for index in range(100):
        await put(inbox, f"{index:0>22}", task_id=str(index))
    (event,) = await events(one)
    assert event.payload == {"counts": {"called_back": 100}}


async def test_it_ends_the_task_itself_where_asked(inbox: Inbox) -> None:
    await put(inbox)
    one = trigger(end_from_trigger=True)
    one.task_instance = mock.Mock(task=None, dag_id="d", task_id="t", run_id="r", map_index=3)
    with mock.patch("airflow.sdk.execution_time.xcom.XCom.set", autospec=True) as push:
        (event,) = await events(one)
    assert isinstance(event, TaskSuccessEvent) and event.xcoms is None
    assert push.call_args.kwargs["value"]["output"] == [RESULT]
    assert push.call_args.kwargs["value"]["job_id"] == JOB


@pytest.mark.parametrize(
    "bodies", [[{"success": 0}], [{}, {"success": 0}], [{}, {"result_image": "https://x.example"}]]
)
async def test_it_does_not_end_a_task_on_a_failure_or_a_contradiction(
    inbox: Inbox, bodies: list[dict[str, Any]]
) -> None:
    for fields in bodies:
        await put(inbox, **fields)
    one = trigger(end_from_trigger=True)
    one.task_instance = mock.Mock(task=None)
    (event,) = await events(one)
    assert not isinstance(event, TaskSuccessEvent)
    assert event.payload["states"] == {JOB: "called_back"}


async def test_a_triggerer_without_an_inbox_waits_and_says_so(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW__FACESWAP__INBOX")
    (event,) = await events(trigger(seconds=0.1))
    assert "[faceswap] inbox is not set" in event.payload["problems"][JOB]


async def test_a_cancelled_trigger_leaves_no_watch(inbox: Inbox) -> None:
    waiting = asyncio.create_task(events(trigger()))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert watcher.watcher(inbox.url)._task is None


def test_it_survives_the_database() -> None:
    path, kwargs = trigger(end_from_trigger=True).serialize()
    assert path == "airflow_provider_faceswap.triggers.callbacks.SwapCallbackTrigger"
    again = SwapCallbackTrigger(**json.loads(json.dumps(kwargs)))
    assert again.serialize() == (path, kwargs)


def test_it_tolerates_arguments_of_other_versions() -> None:
    assert SwapCallbackTrigger(from_the_future=1).jobs == []
