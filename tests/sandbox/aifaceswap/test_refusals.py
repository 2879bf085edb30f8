"""What is refused, and faults: in the vendor's words, and for free."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ..recorded import shape
from .client import RECORDED, AIFaceSwapClient


@pytest.mark.parametrize(
    ("operation", "changes", "words"),
    [
        ("faceswap", {"face_image": ...}, "face_image is required"),
        ("faceswap", {"source_image": "/picture.jpg"}, "source_image must be a complete URL"),
        ("faceswap", {"source_image": 5}, "source_image must be a complete URL"),
        ("faceswap", {"webhook": "receiver"}, "webhook must be a complete URL"),
        ("extract_face", {"img": ...}, "img is required"),
        ("extract_face", {"img": "http://127.0.0.1:9/x"}, "Could not download img. Make sure"),
        ("extract_base64_face", {"base64_img": "..."}, "base64_img must be a base64 image"),
        ("extract_base64_face", {"base64_img": "bm9uc2Vuc2U="}, "The file in base64_img is not a valid"),
        ("multi_faceswap", {"index": [0]}, "index must have a number for each face_image"),
        ("multi_faceswap", {"index": ["0", "1"]}, "index must be a list of numbers"),
        ("multi_faceswap", {"index": [True, 1]}, "index must be a list of numbers"),
        ("multi_faceswap", {"face_image": "http://127.0.0.1/x"}, "face_image must be a list"),
        ("multi_faceswap", {"face_image": ["x", "y"]}, "face_image[0] must be a complete URL"),
        ("video_faceswap", {"duration": ...}, "duration is required"),
        ("video_faceswap", {"duration": "5"}, "duration must be a number of seconds"),
        ("video_faceswap", {"duration": 0}, "duration must be a number of seconds"),
        ("video_faceswap", {"enhance": 3}, "enhance must be 0, 1 or 2"),
        ("video_faceswap", {"enhance": [0]}, "enhance must be 0, 1 or 2"),
        ("multi_video_faceswap", {"ref_info": []}, "ref_info is required"),
        ("multi_video_faceswap", {"ref_info": [{}] * 4}, "ref_info supports up to 3 faces"),
        ("multi_video_faceswap", {"ref_info": ["x"]}, "ref_info must be a list of objects"),
        ("multi_video_faceswap", {"ref_info": [{}]}, "ref_info[0].face_url is required"),
        (
            "multi_video_faceswap",
            {"ref_info": [{"face_url": "http://127.0.0.1/x"}]},
            "ref_info[0].face_ref is required",
        ),
    ],
)
def test_what_is_refused_costs_nothing(
    aifaceswap: AIFaceSwapClient, operation: str, changes: dict[str, Any], words: str
) -> None:
    before = aifaceswap.credits("aifaceswap")
    response = aifaceswap.call(operation, **changes)
    reply = response.json()
    assert (response.status_code, shape(reply)) == (200, RECORDED.shape("submit_missing_field"))
    assert reply["code"] == 400
    assert reply["message"].startswith(words)
    assert aifaceswap.counts()["accepted"] == {}
    assert aifaceswap.credits("aifaceswap") == before


def test_the_words_for_missing_fields(aifaceswap: AIFaceSwapClient) -> None:
    assert aifaceswap.call("faceswap", face_image=...).json() == RECORDED.body("submit_missing_field")
    reply = aifaceswap.call("video_faceswap", duration=...).json()
    assert reply == RECORDED.body("submit_missing_duration")


@pytest.mark.parametrize("header", ["", "Bearer no", "no", "bearer sbx-3f9c1e7a", "sbx-3f9c1e7a"])
def test_a_wrong_key(aifaceswap: AIFaceSwapClient, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    response = aifaceswap.http.post(aifaceswap.address("faceswap"), json={}, headers=headers)
    assert (response.status_code, response.json()) == (401, RECORDED.body("submit_unauthorised_401"))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [("", "application/json"), ("[]", "application/json"), ("[" * 100_000, "application/json"),
     ("a=1", "application/x-www-form-urlencoded"), ("x", "multipart/form-data"),
     ("x", "multipart/form-data; boundary=b"), ("--b\r\nx", "multipart/form-data; boundary=b")],
)  # fmt: skip
def test_a_body_that_cannot_be_read(aifaceswap: AIFaceSwapClient, content: str, media_type: str) -> None:
    headers = aifaceswap.headers() | {"content-type": media_type}
    response = aifaceswap.http.post(aifaceswap.address("faceswap"), content=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (200, 400)


def test_unknown_paths_and_methods(aifaceswap: AIFaceSwapClient) -> None:
    for path in ("task_status", "query", "faceswap/x", ""):
        response = aifaceswap.http.post(aifaceswap.address(path), json={}, headers=aifaceswap.headers())
        assert (response.status_code, response.json()["code"]) == (404, 404)
    response = aifaceswap.http.get(aifaceswap.address("faceswap"))
    assert (response.status_code, response.json()["code"]) == (405, 405)


def test_no_credits(aifaceswap: AIFaceSwapClient) -> None:
    aifaceswap.control("credits", {"vendor": "aifaceswap", "credits": 3})
    first, second = aifaceswap.call("faceswap"), aifaceswap.call("faceswap")
    assert first.json()["code"] == 200
    assert (second.status_code, second.json()) == (200, RECORDED.body("submit_no_credits"))
    assert aifaceswap.credits("aifaceswap") == 1
    assert aifaceswap.counts()["refused"] == {"no_credits": 1}


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        ("rate_limited", "submit_rate_limited_429"),
        ("rate_limited_200", "submit_rate_limited_200"),
        ("server_error", "submit_server_error_500"),
        ("no_credits", "submit_no_credits"),
    ],
)
def test_an_error_by_fault(aifaceswap: AIFaceSwapClient, kind: str, case: str) -> None:
    aifaceswap.control("faults", {"kind": kind, "operation": "faceswap"})
    response = aifaceswap.call("faceswap")
    assert (response.status_code, response.json()) == (RECORDED.status(case), RECORDED.body(case))
    assert aifaceswap.call("extract_face").json()["code"] == 200
    assert aifaceswap.counts()["accepted"] == {"extract_face": 1}


def test_other_faults(aifaceswap: AIFaceSwapClient) -> None:
    for fault in (
        {"kind": "error_200", "code": 503, "message": "Busy"},
        {"kind": "error", "code": 403},
        {"kind": "unknown_status"},
        {"kind": "echo"},
        {"kind": "truncated_json"},
        {"kind": "html_200"},
    ):
        aifaceswap.control("faults", fault | {"times": 1})
    answers: list[httpx.Response] = [aifaceswap.call("faceswap") for _ in range(6)]
    assert [a.status_code for a in answers] == [200, 403, 200, 200, 200, 200]
    assert [a.json()["code"] for a in answers[:4]] == [503, 403, 202, 400]
    assert aifaceswap.server.key in answers[3].json()["message"]
    for answer in answers[4:]:
        with pytest.raises(json.JSONDecodeError):
            answer.json()
    assert aifaceswap.counts()["accepted"] == {"faceswap": 3}
