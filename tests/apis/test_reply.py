"""However large a reply is, little of it is read; see ``benchmarks/hostile_replies.py`` for the times."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest

from airflow_provider_faceswap.apis import reply as module
from airflow_provider_faceswap.apis.reading import MAX_PIECE, read_urls
from airflow_provider_faceswap.apis.reply import Reply


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    spy = mock.Mock(side_effect=json.loads)
    monkeypatch.setattr(module.json, "loads", spy)
    return spy


@pytest.mark.parametrize("piece", [b"[", b'{"a":', b"1,", b'"a":1,', b'"https://a/b",', b"[],"])
def test_a_reply_of_too_many_values_is_not_parsed(loads: mock.Mock, piece: bytes) -> None:
    assert Reply(200, {}, b'{"a":[' + piece * 20_000 + b"1]}").json() is None
    assert not loads.called


def test_a_long_text_is_no_obstacle() -> None:
    body = json.dumps({"status": "success", "output": "A" * 3_000_000}).encode()
    data = Reply(200, {}, body).json()
    assert data is not None and len(data["output"]) == 3_000_000


@pytest.mark.parametrize("body", [b'{"a": 1}', b"[1]", b"no", b""])
def test_a_reply_is_parsed_once(loads: mock.Mock, body: bytes) -> None:
    reply = Reply(200, {}, body)
    reply.json()
    calls = loads.call_count
    assert str(reply).startswith("HTTP 200") and reply.json() is reply.json()
    assert loads.call_count == calls


def test_a_trailing_comma_is_mended_in_what_is_small_alone(loads: mock.Mock) -> None:
    assert Reply(200, {}, b'{"a": [1, 2, ], }').json() == {"a": [1, 2]}
    loads.reset_mock()
    assert Reply(200, {}, b'{"a": "' + b" " * 100_000 + b'",}').json() is None
    assert loads.call_count == 1


@pytest.mark.parametrize(
    "said", ["x" * 1_000_000, ["x" * 900] * 1000, ["x"] * 9_000, {"x": ["x" * 5000] * 99}]
)
def test_what_is_quoted_is_searched_up_to_a_bound(said: Any) -> None:
    pieces: list[str] = []

    def redact(text: str) -> str:
        pieces.append(text[:MAX_PIECE])
        return text[:MAX_PIECE]

    quoted = Reply(200, {}, b"", redact).one_line(said)
    assert len(quoted) <= 500
    assert sum(map(len, pieces)) <= 2 * MAX_PIECE


def test_a_reply_that_is_no_json_is_quoted_from_its_start() -> None:
    seen: list[int] = []
    reply = Reply(502, {}, b"<p>" * 1_000_000, lambda text: str(seen.append(len(text)) or text[:MAX_PIECE]))
    assert str(reply).startswith("HTTP 502: <p><p>") and max(seen) <= 64 * 1024


def test_only_the_first_links_are_read() -> None:
    links = [f"https://example.com/{number}" for number in range(9_000)]
    assert read_urls(["x"] * 9_000 + links) == () and len(read_urls(links)) == 64


@pytest.mark.parametrize(
    ("status", "may"), [(200, True), (400, True), (499, True), (201, False), (302, False), (500, False)]
)
def test_which_status_allows_a_refusal(status: int, may: bool) -> None:
    assert Reply(status, {}, b"").may_refuse is may


@pytest.mark.parametrize(
    "reason", ["No face points found in init_image", "Not enough key points", "no facial points"]
)
def test_points_of_a_face_are_not_those_of_the_account(reason: str) -> None:
    assert not Reply(200, {}, b"").refused("refused", reason).account


@pytest.mark.parametrize(
    "reason", ["Not enough credits", "no points left", "Insufficient account balance", "Insufficient coins"]
)
def test_what_somebody_must_pay_for_stops_all(reason: str) -> None:
    assert Reply(200, {}, b"").refused("refused", reason).account
