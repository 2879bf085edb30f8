"""What somebody who edits the task state store can make a worker return or show: nothing it did not make."""

from __future__ import annotations

import math
from typing import Any

import pytest

from airflow_provider_faceswap.journal.entry import Entry

BASE = {"state": "finished", "provider": "modelslab", "job_id": "1", "inputs": {"init_video": "d"}}
FILE = {"url": "s3://conn@bucket/a.mp4", "bytes": 1, "sha256": "0" * 64, "format": "mp4"}
RESULT = {
    "provider": "modelslab", "operation": "single_video_swap", "job_id": "1", "status": "success",
    "output": ["https://cdn.example.com/a.mp4"], "stored": [FILE["url"]], "seconds": 1.5,
    "cost": {"amount": 2.0, "unit": "credits"}, "submitted_at": "2026-11-21T16:00:00.000+00:00", "eta": 3.0,
    "meta": {"seed": 7, "output_format": "mp4"}, "files": [FILE],
}  # fmt: skip
FACES = {"provider": "aifaceswap", "operation": "extract_face", "faces": [[1, 2, 3, 4]], "cost": None}

CHANGES: dict[str, dict[str, Any]] = {
    "another file": {"stored": ["file:///etc/passwd"]},
    "a file that is not looked for": {"stored": ["file:///etc/passwd"], "files": []},
    "credentials": {"stored": ["s3://AK:SK@bucket/a"], "files": []},
    "a local link": {"output": ["file:///etc/passwd"]},
    "a script": {"output": ["javascript:alert(1)"]},
    "a signed link": {"output": ["https://cdn.example.com/a?sig=1"]},
    "a password": {"output": ["https://me:pw@cdn.example.com/a"]},
    "a path for an id": {"job_id": "../../x"},
    "a line break": {"job_id": "a\nb"},
    "not a number": {"seconds": math.nan},
    "endless": {"eta": math.inf},
    "an endless price": {"cost": {"amount": math.inf, "unit": "credits"}},
    "a long unit": {"cost": {"amount": 1.0, "unit": "x" * 9999}},
    "a long text": {"meta": {"seed": "s" * 9999}},
    "control characters": {"meta": {"seed": "\x1b[31m"}},
    "control characters in a status": {"status": "\n"},
    "faces beside files": {"faces": []},
}


@pytest.mark.parametrize("result", [RESULT, FACES])
def test_what_a_task_returned_is_taken(result: dict[str, Any]) -> None:
    entry = Entry.from_store({**BASE, "result": result})
    assert entry and entry.result == result


@pytest.mark.parametrize("change", CHANGES)
def test_an_edited_result_is_refused(change: str) -> None:
    with pytest.raises(ValueError, match="wrong value of result"):
        Entry.from_store({**BASE, "result": {**RESULT, **CHANGES[change]}})


@pytest.mark.parametrize("faces", [[[1, 2, 3]], [[1, 2, 3, 10**12]], ["a"]])
def test_edited_faces_are_refused(faces: Any) -> None:
    with pytest.raises(ValueError, match="wrong value of result"):
        Entry.from_store({**BASE, "result": {**FACES, "faces": faces}})


def test_an_edited_price_is_refused() -> None:
    with pytest.raises(ValueError, match="wrong value of cost"):
        Entry.from_store({**BASE, "cost": {"amount": 1, "unit": ["x" * 100_000]}})


def test_texts_cannot_forge_log_lines() -> None:
    entry = Entry.from_store({**BASE, "problem": "a\r\n2026 ERROR b\x1b[31m", "base_url": "https://a\nb"})
    assert entry and entry.problem.isprintable() and entry.base_url.isprintable()
