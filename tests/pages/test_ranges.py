from __future__ import annotations

import pytest

from airflow_provider_faceswap.pages.ranges import Answer, answer_to

ETAG = '"abc"'
WHOLE = Answer(200, 0, 100)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("bytes=0-0", (206, 0, 1)),
        ("bytes=0-", (206, 0, 100)),
        ("bytes=10-19", (206, 10, 20)),
        ("bytes=99-", (206, 99, 100)),
        ("bytes=10-999999999999999999", (206, 10, 100)),
        ("bytes=-10", (206, 90, 100)),
        ("bytes=-1000", (206, 0, 100)),
        ("bytes= 1-2 ", (206, 1, 3)),
        ("bytes=100-", (416, 0, 0)),
        ("bytes=-0", (416, 0, 0)),
    ],
)
def test_one_range_is_answered(asked: str, answer: tuple[int, int, int]) -> None:
    assert answer_to({"range": asked}, 100, ETAG) == answer


@pytest.mark.parametrize(
    "asked",
    [
        "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=2-1", "lines=0-1", "bytes=0-1,2-3", "bytes=--1",
        "bytes=+1-2", "bytes=0x1-2", "bytes=\u0661-\u0662", f"bytes={'9' * 5000}-", "bytes=0-0,-1" * 1000,
    ],
)  # fmt: skip
def test_anything_else_gets_the_whole_file(asked: str) -> None:
    assert answer_to({"range": asked}, 100, ETAG) == WHOLE


def test_an_empty_file_has_no_range() -> None:
    assert answer_to({"range": "bytes=0-"}, 0, ETAG).status == 416


def test_a_range_of_another_version_gets_the_whole_file() -> None:
    asked = {"range": "bytes=0-1"}
    assert answer_to({**asked, "if-range": ETAG}, 100, ETAG).status == 206
    for other in ('"old"', f"W/{ETAG}", "Sun, 22 Nov 2026 02:00:00 GMT"):
        assert answer_to({**asked, "if-range": other}, 100, ETAG) == WHOLE


@pytest.mark.parametrize("condition", [ETAG, "*", f'"x", {ETAG}', f"W/{ETAG}"])
def test_a_copy_that_is_still_right_is_enough(condition: str) -> None:
    found = answer_to({"if-none-match": condition, "range": "bytes=0-1"}, 100, ETAG)
    assert (found.status, found.headers(100)) == (304, {})


def test_the_headers_say_what_is_sent() -> None:
    assert WHOLE.headers(100) == {"content-length": "100"}
    assert Answer(206, 5, 7).headers(100) == {"content-length": "2", "content-range": "bytes 5-6/100"}
    assert Answer(416, 0, 0).headers(100) == {"content-length": "0", "content-range": "bytes */100"}
