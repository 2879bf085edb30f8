from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.exceptions import PollError
from airflow_provider_faceswap.triggers import joblist as module
from airflow_provider_faceswap.triggers.joblist import load_jobs, read_jobs
from tests.triggers.virtual import START, VirtualLoop


def write(folder: Path, *lines: Any) -> str:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (folder / "jobs.jsonl").write_text(text)
    return f"file://{folder}/jobs.jsonl"


def test_each_line_is_a_job(tmp_path: Path) -> None:
    line = {
        "job_id": "a",
        "submitted_at": 5.0,
        "deadline": 50,
        "eta": 7.5,
        "route": {"path": "/x"},
        "nonce": "N",
    }
    first, second = read_jobs(write(tmp_path, line, {"job_id": "b"}), 99.0, 3.0)
    assert (first.job_id, first.nonce, first.route) == ("a", "N", {"path": "/x"})
    assert (first.watch.submitted_at, first.watch.deadline, first.watch.eta) == (5.0, 50.0, 7.5)
    assert (second.watch.deadline, second.watch.eta, second.watch.poll_interval) == (99.0, None, 3.0)


def test_a_callback_is_awaited_for_a_job_without_an_id(tmp_path: Path) -> None:
    (job,) = read_jobs(write(tmp_path, {"nonce": "N"}), 99.0)
    assert (job.job_id, job.nonce) == ("", "N")


@pytest.mark.parametrize("line", ["{", "[]", "5", {}, {"job_id": "../x"}, {"job_id": "x" * 200}])
def test_a_file_with_a_line_that_is_not_a_job_is_not_read(tmp_path: Path, line: Any) -> None:
    with pytest.raises(PollError, match="a line that is not a job"):
        read_jobs(write(tmp_path, {"job_id": "a"}, line), 99.0)


@pytest.mark.parametrize("eta", [None, "x", True, float("inf"), float("nan")])
def test_a_number_that_is_not_one_counts_as_unknown(tmp_path: Path, eta: Any) -> None:
    (job,) = read_jobs(write(tmp_path, {"job_id": "a", "eta": eta}), 99.0)
    assert job.watch.eta is None


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(PollError, match="larger than 10 bytes"):
        read_jobs(write(tmp_path, {"job_id": "a"}), 99.0)


def test_an_unknown_connection_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PollError, match="'nobody', which is not defined"):
        read_jobs("s3://nobody@bucket/jobs.jsonl", 99.0)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> VirtualLoop:
    virtual = VirtualLoop()
    monkeypatch.setattr(module, "time", virtual.clock)

    async def here(function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", here)
    return virtual


def test_a_file_that_cannot_be_read_yet_is_tried_again(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(*_: object) -> list[str]:
        if loop.time() < 20:
            raise OSError("/secret/path")
        return ["job"]

    monkeypatch.setattr(module, "read_jobs", read)
    assert loop.run(load_jobs("file:///x/jobs.jsonl", START, None)) == ["job"]
    assert "cannot be read yet: OSError" in caplog.text and "secret" not in caplog.text


def test_after_a_minute_it_gives_up(
    loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)

    def read(*_: object) -> None:
        raise FileNotFoundError("jobs.jsonl")

    monkeypatch.setattr(module, "read_jobs", read)
    with pytest.raises(PollError, match="cannot be read: FileNotFoundError"):
        loop.run(load_jobs("file:///x/jobs.jsonl", START, None))
    assert 60 <= loop.time() < 61
