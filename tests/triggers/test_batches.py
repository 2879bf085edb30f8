from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.callbacks import watcher
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from airflow_provider_faceswap.triggers import base, joblist
from airflow_provider_faceswap.triggers import jobs as module
from airflow_provider_faceswap.triggers.callbacks import SwapCallbackTrigger
from airflow_provider_faceswap.triggers.jobs import SwapJobsTrigger
from airflow_provider_faceswap.triggers.tally import ended_lines


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    double: mock.Mock = mock.create_autospec(ModelsLabHook, instance=True)
    double.connected.return_value.__aenter__ = mock.AsyncMock()
    double.connected.return_value.__aexit__ = mock.AsyncMock(return_value=None)
    double.asend.side_effect = lambda poll, base_url: Job(job_id=poll.job_id, state=JobState.SUCCESS)
    monkeypatch.setattr(module, "hook_for", lambda provider, conn_id: double)
    monkeypatch.setattr(base, "MIN_EVENT_SECONDS", 0.3)
    return double


def write(folder: Path, lines: list[dict[str, Any]]) -> str:
    (folder / "jobs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"file://{folder}/jobs.jsonl"


def batch(url: str, seconds: float = 60.0, **kwargs: Any) -> SwapJobsTrigger:
    return SwapJobsTrigger(
        provider="modelslab",
        conn_id="c",
        deadline=time.time() + seconds,
        jobs_url=url,
        base_url="https://here.example.com",
        poll_interval=0.01,
        **kwargs,
    )


async def test_a_batch_ends_in_one_event(hook: mock.Mock, tmp_path: Path) -> None:
    url = write(tmp_path, [{"job_id": str(number)} for number in range(20)])
    started = time.monotonic()
    (event,) = [event async for event in batch(url).run()]
    assert time.monotonic() - started >= 0.3, "no event resumes a task too early"
    assert event.payload["counts"] == {"success": 20} and event.payload["polls"] == 20
    assert ended_lines(event.payload, 20) == list(range(20))
    assert {call.args[1] for call in hook.asend.await_args_list} == {"https://here.example.com"}


def test_a_worker_can_watch_without_a_triggerer(hook: mock.Mock, tmp_path: Path) -> None:
    url = write(tmp_path, [{"job_id": "a"}, {"job_id": "b"}])
    event = asyncio.run(batch(url).batch_event())
    assert ended_lines(event, 2) == [0, 1]


async def test_a_file_that_cannot_be_read_is_a_problem_and_no_end(
    hook: mock.Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joblist, "PATIENCE", 0.0)
    (event,) = [event async for event in batch(f"file://{tmp_path}/none.jsonl").run()]
    assert ended_lines(event.payload, 20) is None and event.payload["counts"] == {}
    assert "the jobs file cannot be read: FileNotFoundError" in event.payload["problem"]
    assert not hook.asend.called


def test_its_arguments_survive_the_database_and_are_small() -> None:
    one = batch("s3://store@bucket/" + "x" * 1000, wake=500, patience=30.0, learned={"version": 1, "at": 5})
    path, kwargs = one.serialize()
    assert len(json.dumps(kwargs)) < 32 * 1024
    assert SwapJobsTrigger(**json.loads(json.dumps(kwargs))).serialize() == (path, kwargs)


def test_a_trigger_of_an_earlier_version_watches_its_jobs() -> None:
    one = SwapJobsTrigger(provider="modelslab", conn_id="c", jobs=[{"job_id": "a"}], deadline=5.0)
    assert one.jobs == [{"job_id": "a"}] and one.jobs_url == "" and one.learned == {}


NONCES = [f"{number:0>22}" for number in range(5)]


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    url = f"file://{tmp_path}/inbox"
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", url)
    monkeypatch.setattr(watcher, "INTERVAL", 0.02)
    return Inbox(url)


def callbacks(url: str, seconds: float = 60.0, **kwargs: Any) -> SwapCallbackTrigger:
    return SwapCallbackTrigger(
        provider="aifaceswap", conn_id="c", deadline=time.time() + seconds, jobs_url=url, **kwargs
    )


def put(inbox: Inbox, nonce: str, job_id: str) -> None:
    body = {"success": 1, "task_id": job_id, "result_image": "https://temp.example.com/r.webp"}
    inbox.put("aifaceswap", nonce, json.dumps(body).encode())


def test_a_job_has_ended_when_a_callback_names_it(inbox: Inbox, tmp_path: Path) -> None:
    url = write(
        tmp_path,
        [{"job_id": f"job{number}", "nonce": nonce} for number, nonce in enumerate(NONCES[:4])]
        + [{"nonce": NONCES[4]}],
    )
    for number in (0, 2):
        put(inbox, NONCES[number], f"job{number}")
    put(inbox, NONCES[1], "another")
    put(inbox, NONCES[4], "whatever")
    event = asyncio.run(callbacks(url, wake=3).batch_event())
    assert ended_lines(event, 5) == [0, 2, 4] and event["counts"] == {"called_back": 3}


def test_a_callback_that_does_not_come_ends_at_the_jobs_own_deadline(inbox: Inbox, tmp_path: Path) -> None:
    lines = [
        {"job_id": "job0", "nonce": NONCES[0], "deadline": time.time() - 1},
        {"job_id": "job1", "nonce": NONCES[1]},
    ]
    put(inbox, NONCES[1], "job1")
    event = asyncio.run(callbacks(write(tmp_path, lines)).batch_event())
    assert event["counts"] == {"deadline": 1, "called_back": 1}


def test_a_batch_takes_one_listing_for_all(inbox: Inbox, tmp_path: Path) -> None:
    lines = [{"job_id": f"job{number}", "nonce": f"{number:0>22}"} for number in range(2000)]
    for number in (3, 1999):
        put(inbox, f"{number:0>22}", f"job{number}")
    with mock.patch.object(Inbox, "arrived", autospec=True, side_effect=Inbox.arrived) as arrived:
        event = asyncio.run(callbacks(write(tmp_path, lines), wake=2).batch_event())
    assert ended_lines(event, 2000) == [3, 1999] and arrived.call_count < 5


def test_a_process_without_an_inbox_says_so(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW__FACESWAP__INBOX")
    lines = [{"job_id": "job0", "nonce": NONCES[0]}]
    event = asyncio.run(callbacks(write(tmp_path, lines), seconds=0.1).batch_event())
    assert event["counts"] == {"deadline": 1} and "[faceswap] inbox is not set" in event["problem"]
