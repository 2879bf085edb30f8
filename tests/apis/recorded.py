"""The recorded replies under ``tests/samples``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import Request
from airflow_provider_faceswap.exceptions import FaceSwapError

SAMPLES = Path(__file__).parents[1] / "samples"


def read(vendor: str, case: str) -> Reply:
    """Return a recorded reply."""
    folder = SAMPLES / vendor / case
    headers = {name.lower(): text for name, text in json.loads((folder / "headers.json").read_text()).items()}
    return Reply(int((folder / "status").read_text()), headers, (folder / "body").read_bytes())


def cases(vendor: str, kind: str) -> list[Any]:
    """Return the names of all replies to a kind of call, as parameters of a test."""
    found = [
        folder.name
        for folder in sorted((SAMPLES / vendor).iterdir())
        if (folder / "origin").read_text().startswith(f"{kind}:")
    ]
    assert found
    return [pytest.param(name, id=name) for name in found]


def outcome(call: Request, reply: Reply) -> str:
    """Return the state of the job that a reply tells of, or the name of the error."""
    try:
        job: Job = call.read(reply)
    except FaceSwapError as error:
        return type(error).__name__
    return job.state.value
