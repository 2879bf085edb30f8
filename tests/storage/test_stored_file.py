from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.storage.outputs import StoredFile

FILE = StoredFile("s3://conn@bucket/out/clip 1.mp4", 512, "0f" * 32, "mp4")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@pytest.mark.parametrize("url", [FILE.url, "file:///out/ü.mp4", "gs://bucket/x/y.mp4", "local:///a/b.mp4"])
def test_a_stored_file_survives_json(url: str) -> None:
    file = StoredFile(url, 0, FILE.sha256, "webm")
    assert StoredFile.from_dict(json.loads(json.dumps(file.as_dict()))) == file


@pytest.mark.parametrize(
    "change",
    [
        {"url": None}, {"url": "clip.mp4"}, {"url": "/out/clip.mp4"}, {"url": "s3://bucket/x?sig=1"},
        {"url": "s3://bucket/x#y"}, {"url": "https://cdn.example.com/x"}, {"url": "HTTP://127.0.0.1/x"},
        {"url": "simplecache::file:///x"}, {"url": "file://relative"}, {"url": "file:///a/../b"},
        {"url": "s3://u:p@bucket/x"}, {"url": "s3://bucket/" + "x" * 9000}, {"url": "s3://bucket/a\nb"},
        {"url": "s3://["}, {"url": ""}, {"url": "s3://bucket"}, {"url": "s3://conn@bucket/"},
        {"bytes": -1}, {"bytes": True}, {"bytes": 1.0}, {"bytes": "1"}, {"bytes": 2**63}, {"bytes": None},
        {"sha256": "0f" * 31}, {"sha256": "0F" * 32}, {"sha256": "0f" * 32 + "\n"}, {"sha256": None},
        {"format": ""}, {"format": "mp4/x"}, {"format": "x" * 9}, {"format": None}, {"format": "mp4\n"},
        {"more": 1},
    ],
)  # fmt: skip
def test_what_is_not_a_stored_file_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a stored file"):
        StoredFile.from_dict({**FILE.as_dict(), **change})


@given(scalars | st.lists(scalars) | st.fixed_dictionaries(dict.fromkeys(FILE.as_dict(), scalars)))
def test_any_value_is_a_stored_file_or_refused(value: Any) -> None:
    try:
        StoredFile.from_dict(value)
    except ValueError:
        return
    raise AssertionError(f"accepted {value!r}")
