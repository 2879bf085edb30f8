"""Faults of a batch's rows: each names its row and its field, and all are told together."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.batch.items.raw import RawItem
from tests.batch.items.listing import CLIP, LINK, ONE, refused, video


def test_all_faults_are_listed_and_counted() -> None:
    raw = [{"init_image": "face.jpg", "seed": number} for number in range(40)]
    text = refused([ONE, *raw], operation="single_video_swap")
    assert text.startswith("items: 120 faults in 40 of 41 rows; nothing was sent (rows count from 0):\n")
    head, *lines, more = text.split("\n")
    assert len(lines) == 20 and more == "and 100 more" and "120 faults" in head[:100]
    assert lines[0].startswith("row 1, seed: is not a field of single_video_swap, which takes watermark,")
    assert lines[1] == (
        "row 1, init_image: must be an http(s) URL; the vendor cannot open a file path; give one in object "
        "storage, such as s3://conn_id@bucket/key"
    )
    assert lines[2] == "row 1, init_video: is required; give a value"


def test_a_fault_names_the_line_of_the_file() -> None:
    raw = [RawItem(where="line 4", problem="is not JSON"), RawItem(ONE | {"seed": 1}, where="line 9")]
    first, second = video(*raw)
    assert first == "row 0 (line 4): is not JSON" and second.startswith("row 1 (line 9), seed: ")


def test_a_fault_of_what_is_common_is_said_once() -> None:
    raw = [{"init_video": CLIP}] * 50
    common = {"init_image": f"{LINK}?X-Amz-Signature=s3cret", "seed": 3, "output_name": "x"}
    found = video(*raw, common=common)
    assert [line.partition(": ")[0] for line in found] == [
        "common, init_image",
        "common, output_name",
        "common, seed",
    ]
    assert "s3cret" not in str(found)
    assert refused([{}], common=["face"]).startswith(
        "common: must be a dict of what all items share, not list"
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("output_name", "a/b", "must be a file name without suffix"),
        ("output_name", "", "is empty"),
        ("output_name", ["a"], "must be text, not list"),
        ("consent_reference", "x" * 8001, "must be at most 8000 characters"),
        ("consent_reference", 1.5, "must be text, not float"),
        ("idempotency_key", True, "must be text, not bool"),
        ("webhook", "ftp://x", "must be an http(s) URL"),
    ],
)
def test_a_name_that_cannot_be_taken_is_a_fault(name: str, value: Any, words: str) -> None:
    (line,) = video({**ONE, name: value})
    assert line.startswith(f"row 0, {name}: ") and words in line


@pytest.mark.parametrize("name", ["output_name", "idempotency_key"])
def test_two_rows_with_one_name_are_a_fault(name: str) -> None:
    assert video({**ONE, name: "a"}, ONE, {**ONE, name: "a"}) == [
        f"row 2, {name}: is the same as in row 0; give each row its own"
    ]
