"""What a poll of ModelsLab says of a job."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    PollError,
    RefusedError,
)
from tests.apis.modelslab import FETCH, SUBMIT, URL, reply


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"status": "processing", "message": "try again later.", "output": ""}, JobState.PROCESSING),
        (200, {"status": "success", "output": [URL], "proxy_links": None}, JobState.SUCCESS),
        (200, {"status": "success", "output": URL}, JobState.SUCCESS),
        (200, {"generationTime": 1, "id": 278, "output": [URL]}, JobState.SUCCESS),
        (200, {"status": "success", "output": "", "proxy_links": [URL]}, JobState.SUCCESS),
        (500, {"status": "success", "output": [URL]}, JobState.SUCCESS),
        (200, {"status": "success", "output": []}, JobState.NO_RESULT),
        (200, {"status": "success", "output": ""}, JobState.NO_RESULT),
        (200, {"status": "success", "output": None}, JobState.NO_RESULT),
        (200, {"status": "success", "output": ["file:///etc/passwd"]}, JobState.NO_RESULT),
        (200, {"status": "processing", "output": []}, JobState.PROCESSING),
        (200, {"status": "exploded"}, JobState.UNCLEAR),
        (200, {"status": 7}, JobState.UNCLEAR),
        (200, {}, JobState.UNCLEAR),
        (200, {"status": "failed", "message": "No face found"}, JobState.FAILED),
        (500, {"status": "failed", "message": "GPU on fire"}, JobState.FAILED),
        (200, {"status": "error", "message": "Video too long"}, JobState.FAILED),
        (200, {"status": "failed", "message": "Try Again"}, JobState.CONGESTED),
        (200, {"status": "error", "message": "Try Again"}, JobState.CONGESTED),
        (200, {"status": "failed", "message": "Request not found"}, JobState.UNKNOWN),
        (404, {"status": "error", "message": "Request not found"}, JobState.UNKNOWN),
    ],
)
def test_how_a_job_stands(status: int, body: Any, state: JobState) -> None:
    assert FETCH.read(reply(body, status)).state is state


@pytest.mark.parametrize(
    ("status", "body", "headers", "wait"),
    [
        (429, {"status": "error", "message": "Too many requests", "retry_after": 11}, {}, 11.0),
        (429, {"status": "error", "message": "Too many requests"}, {"retry_after": "5"}, 5.0),
        (429, b"slow down", {"retry_after": "6"}, 6.0),
        (200, {"status": "error", "message": "Rate limit exceeded"}, {}, None),
        (500, {"status": "error", "message": "Server error"}, {}, None),
        (402, {"status": "error", "message": "No credits"}, {}, None),
        (429, {"message": "Too Many Attempts.", "retry_after": 7}, {}, 7.0),
        (429, {"message": "Too Many Attempts."}, {"retry_after": "8"}, 8.0),
        (500, {"message": "Server Error"}, {}, None),
        (503, {"message": "Service Unavailable"}, {}, None),
        (502, b"<html>", {}, None),
        (200, b"", {}, None),
    ],
)
def test_a_poll_that_says_nothing_is_not_a_verdict(
    status: int, body: Any, headers: dict[str, str], wait: float | None
) -> None:
    with pytest.raises(PollError) as caught:
        FETCH.read(reply(body, status, **headers))
    assert caught.value.retry_after == wait


NO_ACCESS = "401 Client Error: Unauthorized for url: https://media.example.com/a.png"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"message": "Unauthenticated."}),
        (200, {"status": "error", "message": "Unauthorized"}),
        (200, {"status": "failed", "message": "Invalid API key"}),
    ],
)
def test_a_poll_with_a_wrong_key_is_not_a_verdict(status: int, body: Any) -> None:
    with pytest.raises(AuthenticationError):
        FETCH.read(reply(body, status))


def test_a_picture_that_the_vendor_may_not_read_does_not_speak_against_the_key() -> None:
    assert FETCH.read(reply({"status": "failed", "message": NO_ACCESS})).state is JobState.FAILED
    with pytest.raises(RefusedError):
        SUBMIT.read(reply({"status": "error", "message": NO_ACCESS}))


def test_words_of_the_vendor_lose_the_paths_of_urls() -> None:
    said = {
        "status": "failed",
        "message": {"init_video": ["cannot read https://cdn.example.com/a?token=t0k3n"]},
    }
    assert FETCH.read(reply(said)).message == "init_video: cannot read https://cdn.example.com/…"


@pytest.mark.parametrize(
    ("path", "used"),
    [
        ("/api/v1/enterprise/faceswap/fetch/278", True),
        ("/api/v6/faceswap/fetch/279", False),
        ("/api/../fetch/278", False),
        ("//evil.example.com/278", False),
    ],
)
def test_only_a_sane_path_that_the_vendor_named_is_used(path: str, used: bool) -> None:
    asked = Fetch(job_id="278", route={"path": path}).path({"namespace": "faceswap"})
    assert asked == (path if used else "/api/v6/faceswap/fetch/278")
