"""Where each vendor wants its key, and how it wants its calls."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.apis.aifaceswap import ExtractFace, FaceSwap
from airflow_provider_faceswap.apis.request import MAX_POLL_REPLY
from airflow_provider_faceswap.apis.segmind import FaceswapNow, FaceswapQueued, QueuedRequest
from airflow_provider_faceswap.exceptions import InDoubtError, PollError, SettingsError
from airflow_provider_faceswap.hooks.aifaceswap import AIFaceSwapHook
from airflow_provider_faceswap.hooks.segmind import SegmindHook

KEY = "sbx-3f9c1e7a"
URL = "https://example.com/a.png"
JPEG = b"\xff\xd8\xff\xe0jpeg"
SWAP = FaceswapNow.checked({"source_img": URL, "target_img": URL})


class Vendor:
    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self.answer


def connect(monkeypatch: pytest.MonkeyPatch, conn_type: str, **fields: Any) -> None:
    conn = {"conn_type": conn_type, "password": KEY, **fields}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_type.upper()}_DEFAULT", json.dumps(conn))


def test_segmind_takes_the_key_in_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "segmind")
    vendor = Vendor(httpx.Response(200, content=JPEG, headers={"x-cost": "0.5", "x-request-id": "r1"}))
    job = SegmindHook(transport=httpx.MockTransport(vendor)).send(SWAP)
    (request,) = vendor.requests
    assert str(request.url) == "https://api.segmind.com/v1/models/faceswap-v2"
    assert request.headers["x-api-key"] == KEY and KEY.encode() not in request.content
    assert json.loads(request.content)["source_img"] == URL
    assert job.content == JPEG and job.cost is not None and job.cost.amount == 0.5


def test_segmind_is_asked_by_get(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "segmind")
    vendor = Vendor(httpx.Response(200, json={"status": "PROCESSING"}))
    assert SegmindHook(transport=httpx.MockTransport(vendor)).send(QueuedRequest(job_id="r1")).state.waiting
    assert (vendor.requests[0].method, vendor.requests[0].content) == ("GET", b"")


def test_the_path_of_segmind_is_a_field_and_a_404_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "segmind", extra={"path": "/v1/faceswap-v2"})
    vendor = Vendor(httpx.Response(404, text="<html>not here</html>"))
    with pytest.raises(InDoubtError, match="'path' may be wrong"):
        SegmindHook(transport=httpx.MockTransport(vendor)).send(SWAP)
    assert vendor.requests[0].url.path == "/v1/faceswap-v2"


@pytest.mark.parametrize("path", ["v1/x", "/v1/../x", "/v1//x", "/v1/x?y=1", "https://example.com/x"])
def test_a_path_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    connect(monkeypatch, "segmind", extra={"path": path})
    with pytest.raises(SettingsError, match="path"):
        _ = SegmindHook().settings


def test_a_picture_may_be_larger_than_other_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "segmind")
    vendor = Vendor(httpx.Response(200, content=JPEG + b"x" * 5_000_000))
    job = SegmindHook(transport=httpx.MockTransport(vendor)).send(SWAP)
    assert job.content is not None and len(job.content) > 5_000_000


def test_aifaceswap_takes_a_bearer_token(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "aifaceswap")
    vendor = Vendor(httpx.Response(200, json={"code": 200, "data": {"points": 2, "task_id": "ab"}}))
    call = FaceSwap.checked({"source_image": URL, "face_image": URL}).model_copy(update={"webhook": URL})
    job = AIFaceSwapHook(transport=httpx.MockTransport(vendor)).send(call)
    (request,) = vendor.requests
    assert str(request.url) == "https://aifaceswap.io/api/aifaceswap/v1/faceswap"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == {"source_image": URL, "face_image": URL, "webhook": URL}
    assert job.job_id == "ab" and job.cost is not None and job.cost.amount == 2


def test_files_go_as_a_multipart_form(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "aifaceswap")
    vendor = Vendor(httpx.Response(200, json={"code": 200, "data": {"points": 2, "task_id": "ab"}}))
    call = FaceSwap.checked({"source_image": JPEG, "face_image": URL}).model_copy(update={"webhook": URL})
    AIFaceSwapHook(transport=httpx.MockTransport(vendor)).send(call)
    (request,) = vendor.requests
    assert request.headers["Content-Type"].startswith("multipart/form-data")
    assert JPEG in request.content and b'name="source_image"; filename=' in request.content
    assert b'name="face_image"\r\n\r\n' + URL.encode() in request.content
    assert b'name="webhook"' in request.content


class Timed(Vendor):
    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.limits: dict[str, float] = request.extensions["timeout"]
        return super().__call__(request)


QUEUED = FaceswapQueued.checked({"source_img": URL, "target_img": URL})


@pytest.mark.parametrize(
    ("call", "extra", "seconds"),
    [
        (SWAP, {}, 150),
        (SWAP, {"sync_timeout": 200, "timeout": 20}, 200),
        (QUEUED, {"sync_timeout": 200, "timeout": 20}, 20),
        (QueuedRequest(job_id="r1"), {}, 30),
    ],
)
def test_a_swap_that_answers_at_once_has_a_time_limit_of_its_own(
    monkeypatch: pytest.MonkeyPatch, call: Any, extra: dict[str, Any], seconds: float
) -> None:
    connect(monkeypatch, "segmind", extra=extra)
    vendor = Timed(httpx.Response(200, json={"status": "QUEUED", "request_id": "r1", "image": ""}))
    hook = SegmindHook(transport=httpx.MockTransport(vendor))
    with contextlib.suppress(InDoubtError):
        hook.send(call)
    assert hook.call_timeout(type(call)) == seconds
    assert vendor.limits["read"] == seconds and vendor.limits["connect"] == extra.get("timeout", 30) / 2


def test_an_extraction_keeps_the_ordinary_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "aifaceswap")
    assert AIFaceSwapHook().call_timeout(ExtractFace) == 30


@pytest.mark.parametrize("seconds", [0, 601, "long"])
def test_a_time_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, seconds: Any) -> None:
    connect(monkeypatch, "segmind", extra={"sync_timeout": seconds})
    with pytest.raises(SettingsError, match="sync_timeout"):
        _ = SegmindHook().settings


@pytest.mark.parametrize(("status", "state"), [(200, "success"), (500, None)])
async def test_a_picture_within_a_poll_is_too_large_for_a_triggerer_and_read_by_a_worker(
    monkeypatch: pytest.MonkeyPatch, status: int, state: str | None
) -> None:
    connect(monkeypatch, "segmind")
    picture = base64.b64encode(JPEG + bytes(1_500_000)).decode()
    vendor = Vendor(httpx.Response(status, json={"status": "COMPLETED", "output": picture}))
    hook = SegmindHook(transport=httpx.MockTransport(vendor))
    if state is None:
        with pytest.raises(PollError, match=f"over {MAX_POLL_REPLY} bytes"):
            await hook.asend(QueuedRequest(job_id="r1"))
    else:
        job = await hook.asend(QueuedRequest(job_id="r1"))
        assert (job.job_id, job.state.value, job.content) == ("r1", state, None)
        read = await asyncio.to_thread(hook.send, QueuedRequest(job_id="r1"))
        assert read.content is not None and len(read.content) > 1_500_000
