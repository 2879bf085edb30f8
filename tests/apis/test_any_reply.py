"""No reply, whatever it holds, ends in anything but a job or an error of the family."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.modelslab import Fetch, SingleVideoSwap
from airflow_provider_faceswap.apis.reading import META_KEYS
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    PollError,
    RefusedError,
)
from tests.apis.test_modelslab import SAMPLES

URL = "https://example.com/a.png"
SUBMIT = SingleVideoSwap.checked({"init_image": URL, "init_video": URL})
FETCH = Fetch(job_id="278")
ENDS = {
    "submit": (InDoubtError, RefusedError, AuthenticationError),
    "fetch": (PollError, AuthenticationError),
}
MAX_STEP = 700

texts = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    [
        "278",
        "../etc",
        "success",
        "processing",
        "error",
        "failed",
        "Try Again",
        "None",
        URL,
        "http://",
        "-1",
        "1e999",
    ]
)
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**40), 2**63, 1e308])
leaves = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=12,
)
names = st.sampled_from(
    [
        "status", "id", "output", "message", "messege", "error", "eta", "generationTime", "meta",
        "proxy_links", "fetch_result", "retry_after", "future_links", "tip",
    ]
)  # fmt: skip
metas = st.dictionaries(st.sampled_from([*META_KEYS, "init_image", "key"]), values)
replies = st.dictionaries(names, values | metas, max_size=8)
statuses = st.integers(100, 599)
headers = st.dictionaries(
    st.sampled_from(["retry-after", "date", "content-type"]),
    texts | st.sampled_from(["5", "Wed, 21 Oct 2026 07:28:00 GMT", "application/json; charset=utf-16"]),
)
samples = sorted(case for case in SAMPLES.iterdir())


def end(call: Any, reply: Reply) -> Job | FaceSwapError:
    """Read a reply, and check all that is promised of the outcome."""
    kind = "fetch" if call is FETCH else "submit"
    try:
        job: Job = call.read(reply)
    except FaceSwapError as error:
        assert isinstance(error, ENDS[kind])
        check_text(str(error))
        assert str(error)
        return error
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,128}", job.job_id) or (
        kind == "submit" and not job.job_id and job.output
    )
    assert kind == "submit" or job.job_id == "278"
    for url in job.output:
        parts = urlsplit(url)
        assert parts.scheme.lower() in ("http", "https") and parts.hostname and len(url) <= 8192
    assert len(job.output) <= 64
    assert set(job.meta) <= set(META_KEYS)
    assert all(isinstance(value, (str, int, float, bool)) for value in job.meta.values())
    check_text(job.message)
    plain = json.dumps(job.model_dump(mode="json"), allow_nan=False, ensure_ascii=False)
    assert len(json.dumps({**job.meta}, allow_nan=False)) < 8000
    plain.encode()  # no lone surrogates: databases refuse them
    assert "\\u0000" not in plain
    return job


def check_text(text: str) -> None:
    assert len(text) < MAX_STEP and text.isprintable(), "one line that any log and database takes"
    # What begins like none (after a mutation) is not a host, and its text not a URL.
    host = r"""[^/\s…\\"'<>?#@%&][^/\s…]*"""
    assert not re.search(rf"https?:\\?/\\?/{host}\\?/(?!…)", text), "no URL beyond its host"


calls = pytest.mark.parametrize("call", [SUBMIT, FETCH], ids=["submit", "fetch"])


@calls
@given(
    status=statuses,
    headers=headers,
    body=st.binary(max_size=300) | texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_any_bytes(call: Any, status: int, headers: dict[str, str], body: bytes) -> None:
    end(call, Reply(status, headers, body))


@calls
@given(status=statuses | st.just(200), headers=headers, data=replies | values)
@example(
    status=200,
    headers={},
    data={"status": "success", "id": 5, "output": ["http://"], "meta": {"seed": float("nan")}},
)
@example(
    status=200, headers={}, data={"status": "failed", "id": 5, "message": "\ud800\x00 https:\\/\\/a/b?c"}
)
def test_any_json(call: Any, status: int, headers: dict[str, str], data: Any) -> None:
    for ascii_only in (True, False):
        body = json.dumps(data, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        end(call, Reply(status, headers, body))


@calls
@settings(max_examples=200)
@given(data=st.data(), status=statuses | st.none())
def test_any_mutation_of_a_recorded_reply(call: Any, data: st.DataObject, status: int | None) -> None:
    case = data.draw(st.sampled_from(samples))
    body = (case / "body").read_bytes()
    recorded = int((case / "status").read_text())
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if isinstance(value, dict) and data.draw(st.booleans()):
        for name in data.draw(st.lists(st.sampled_from(sorted(value)) | names, max_size=3)):
            if data.draw(st.booleans()):
                value.pop(name, None)
            else:
                value[name] = data.draw(values | metas)
        body = json.dumps(value).encode()
    else:
        start = data.draw(st.integers(0, len(body)))
        body = body[:start] + data.draw(st.binary(max_size=8)) + body[start + data.draw(st.integers(0, 40)) :]
    end(call, Reply(status or recorded, {}, body))


@calls
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"status":"failed","id":5,"message":' + b'{"a":[' * 400 + b"1" + b"]}" * 400 + b"}",
        b'{"status":"failed","id":5,"message":["' + b'a","' * 900_000 + b'"]}',
        b'{"status":"success","id":5,"output":[' + b'"https://a/b",' * 200_000 + b'"x"]}',
        b'{"status":"failed","id":5,"message":"' + b"https://a " * 300_000 + b'"}',
        b'{"status":"failed","id":5,"message":' + b"9" * 4000 + b"}",
        b'{"status":"failed","id":5,"eta":' + b"9" * 5000 + b"}",
        b'{"a":[' + b"[]," * 1_000_000 + b"1]}",
        b'{"status":"failed","id":' + b"9" * 4000 + b"}",
        b'{"status":"processing","id":5,"eta":1e400,"generationTime":-Infinity,"retry_after":NaN}',
        b"\xff\xfe" + '{"status":"failed","id":5}'.encode("utf-16-le"),
        b"\xef\xbb\xbf" + b'{"status":"failed","id":5,"message":"no"}',
        b"\x00" * 1000,
        b" " * 4_000_000,
    ],
    ids=lambda body: body[:12].decode("utf-8", "replace"),
)
def test_what_is_made_to_hurt(call: Any, body: bytes) -> None:
    end(call, Reply(200, {}, body))


def test_a_wrong_encoding_does_not_hide_a_paid_job() -> None:
    body = '{"status": "processing", "id": 278, "message": "läuft"}'.encode("latin-1")
    assert SUBMIT.read(Reply(200, {"content-type": "application/json; charset=utf-8"}, body)).job_id == "278"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({"retry-after": "soon", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], wait: float | None) -> None:
    error = end(FETCH, Reply(429, headers, b"slow down"))
    assert isinstance(error, PollError) and error.retry_after == wait


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("No face found", "No face found"),
        ({"init_image": ["is required", "is too small"]}, "init_image: is required, is too small"),
        ({"a": {"b": ["c"]}}, "a: b: c"),
        (["x", None, 5], "x, , 5"),
        ([[[[[[[["x"]]]]]]]], "…"),
        ("two\nlines\t\x1b[31m", "two lines [31m"),
        ("https://user:pw@cdn.example.com/a?token=t", "https://cdn.example.com/…"),
        ("see HTTP:\\/\\/cdn.example.com\\/a?b", "see HTTP:\\/\\/cdn.example.com/…"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_vendors_words_are_kept(said: Any, read: str) -> None:
    body = json.dumps({"status": "failed", "id": 5, "message": said}).encode()
    assert FETCH.read(Reply(200, {}, body)).message == read


@pytest.mark.parametrize("name", ["message", "messege", "error"])
def test_words_are_found_under_every_name(name: str) -> None:
    with pytest.raises(RefusedError, match="No face found"):
        SUBMIT.read(Reply(200, {}, json.dumps({"status": "error", name: "No face found"}).encode()))


def test_a_signed_link_in_words_that_php_escaped_is_cut() -> None:
    body = (
        json.dumps({"status": "?", "link": "https://cdn.example.com/a?sig=s3cr3t"})
        .replace("/", "\\/")
        .encode()
    )
    for raw in (body, body[:-2]):
        assert "s3cr3t" not in str(end(SUBMIT, Reply(500, {}, raw)))


@pytest.mark.parametrize("job_id", ["", "../278", "a/b", "x" * 129, "5 6", "ü"])
def test_an_id_that_could_break_a_path_is_refused(job_id: str) -> None:
    with pytest.raises(FaceSwapError, match="job_id"):
        Fetch.checked({"job_id": job_id})


@pytest.mark.parametrize(
    ("said", "status", "final"),
    [
        ("No face detected, please try again with another image", 200, True),
        ("Face was not found in init_image", 400, True),
        ("could not detect any face", 400, True),
        ({"init_image": ["The init image field is required."]}, 200, True),
        ("the value is wrong", 422, True),
        ("You have no credits left", 402, False),
        ({"message": "insufficient credits"}, 406, False),
        ("could not download the image", 400, False),
        ("", 400, False),
    ],
)
def test_a_refusal_about_the_inputs_is_final(said: Any, status: int, final: bool) -> None:
    refusal = Reply(status, {}, b"{}").refused("vendor refused the job", said)
    assert refusal.final is final
    assert str(refusal).startswith("vendor refused the job: ") and len(str(refusal)) > 25
