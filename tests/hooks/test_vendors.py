"""Where each vendor wants its key, and how it wants its calls."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from airflow_provider_faceswap.apis.aifaceswap import FaceSwap
from airflow_provider_faceswap.apis.segmind import FaceswapNow, QueuedRequest
from airflow_provider_faceswap.exceptions import InDoubtError, SettingsError
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


@pytest.mark.parametrize(("status", "works"), [(200, True), (401, False), (500, False)])
def test_segminds_connection_test_reads_the_credits(
    monkeypatch: pytest.MonkeyPatch, status: int, works: bool
) -> None:
    connect(monkeypatch, "segmind")
    vendor = Vendor(httpx.Response(status, json={"credits": 12.5}))
    found, said = SegmindHook(transport=httpx.MockTransport(vendor)).test_connection()
    assert found is works
    assert not works or "12.5" in said
    assert vendor.requests[0].url.path == "/v1/get-user-credits"


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


def test_aifaceswaps_connection_test_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "aifaceswap")
    vendor = Vendor(httpx.Response(500))
    works, said = AIFaceSwapHook(transport=httpx.MockTransport(vendor)).test_connection()
    assert works and "no free call" in said and not vendor.requests
