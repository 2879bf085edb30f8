"""Segmind's v1 answers with the picture itself."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import numpy as np
import pytest

from airflow_provider_faceswap.sandbox.pictures import images
from airflow_provider_faceswap.sandbox.pictures.faces import Picture, crop, similarity
from airflow_provider_faceswap.sandbox.pictures.samples import sample

from ..comparing import ASTRONAUT, ASTRONAUT_IN_DUO, HOPPER_IN_DUO, change, face_of, original
from ..modelslab.client import ModelsLabClient
from ..recorded import shape
from .client import DOCUMENTED, RECORDED, SHORT, SegmindClient


def picture_of(response: httpx.Response) -> Picture:
    assert response.status_code == 200, response.text
    return images.decode(response.content, "answer")


@pytest.mark.parametrize("path", [DOCUMENTED, SHORT])
def test_the_source_face_goes_onto_the_target(segmind: SegmindClient, path: str) -> None:
    before, after = original("astronaut.jpg"), picture_of(segmind.swap(path))
    new_face = face_of("hopper.jpg")
    assert similarity(crop(after, ASTRONAUT), new_face) > similarity(crop(before, ASTRONAUT), new_face) + 0.03
    assert change(before, after, ASTRONAUT) > 10


@pytest.mark.parametrize(
    ("indices", "astronaut_changes", "hopper_changes"),
    [
        ({}, False, True),
        ({"input_faces_index": "0"}, False, True),
        ({"input_faces_index": "1"}, True, False),
        ({"input_faces_index": 1}, True, False),
        ({"input_faces_index": "0, 1"}, True, True),
    ],
)
def test_target_faces_are_numbered_from_large_to_small(
    segmind: SegmindClient, indices: dict[str, Any], astronaut_changes: bool, hopper_changes: bool
) -> None:
    stranger = np.fliplr(original("hopper.jpg"))
    source = base64.b64encode(images.encode(np.ascontiguousarray(stranger))).decode()
    response = segmind.swap(source_img=source, target_img=segmind.sample("duo.jpg"), **indices)
    after = picture_of(response)
    changed = [change(original("duo.jpg"), after, box) > 5 for box in (ASTRONAUT_IN_DUO, HOPPER_IN_DUO)]
    assert changed == [astronaut_changes, hopper_changes]


@pytest.mark.parametrize(("number", "name"), [("0", "hopper.jpg"), ("1", "astronaut.jpg")])
def test_the_source_index_chooses_the_new_face(segmind: SegmindClient, number: str, name: str) -> None:
    after = picture_of(segmind.swap(source_img=segmind.sample("duo.jpg"), source_faces_index=number))
    unlike = {
        single: change(picture_of(segmind.swap(source_img=segmind.sample(single))), after, ASTRONAUT)
        for single in ("hopper.jpg", "astronaut.jpg")
    }
    assert min(unlike, key=lambda single: unlike[single]) == name


def test_faces_are_exchanged_in_pairs(segmind: SegmindClient) -> None:
    fields = {"source_img": segmind.sample("duo.jpg"), "target_img": segmind.sample("duo.jpg")}
    crossed = picture_of(segmind.swap(**fields, input_faces_index="0,1", source_faces_index="1,0"))
    straight = picture_of(segmind.swap(**fields, input_faces_index="0,1", source_faces_index="0,1"))
    for box in (ASTRONAUT_IN_DUO, HOPPER_IN_DUO):
        assert change(original("duo.jpg"), crossed, box) > change(original("duo.jpg"), straight, box) + 3


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
def test_pictures_can_be_sent_as_base64(segmind: SegmindClient, prefix: str) -> None:
    by_url = segmind.swap().content
    sent = prefix + base64.b64encode(sample("hopper.jpg")).decode()
    assert segmind.swap(source_img=sent).content == by_url


def test_the_answer_and_its_headers(segmind: SegmindClient) -> None:
    response = segmind.swap()
    assert response.headers["content-type"] == "image/jpeg"
    recorded = RECORDED.headers("v1_picture_jpeg")
    assert {n for n in response.headers if n.startswith("x-")} == recorded.keys() - {"content-type"}
    assert response.headers["x-cost"] == "0.004"
    assert float(response.headers["x-remaining-credits"]) == segmind.credits("segmind")
    assert float(response.headers["x-generation-time"]) >= 0
    assert len(response.headers["x-request-id"]) == 36


def test_a_png_on_demand(segmind: SegmindClient) -> None:
    as_jpeg = picture_of(segmind.swap())
    segmind.control("segmind", {"image_format": "png"})
    response = segmind.swap()
    assert response.headers["content-type"] == RECORDED.headers("v1_picture_png")["content-type"]
    assert response.content.startswith(b"\x89PNG")
    assert (picture_of(response) == as_jpeg).all()


def test_base64_gives_json(segmind: SegmindClient) -> None:
    response = segmind.swap(base64=True)
    assert response.headers["content-type"] == "application/json"
    assert shape(response.json()) == RECORDED.shape("v1_picture_in_json")
    assert base64.b64decode(response.json()["image"]) == segmind.swap().content


def test_a_path_can_be_turned_off(segmind: SegmindClient) -> None:
    segmind.control("segmind", {"v1_paths": [SHORT]})
    assert segmind.swap(SHORT).status_code == 200
    response = segmind.swap(DOCUMENTED)
    assert (response.status_code, shape(response.json())) == (404, RECORDED.shape("v1_not_found_404"))
    segmind.control("segmind", {"v1_paths": [DOCUMENTED]})
    assert [segmind.swap(path).status_code for path in (SHORT, DOCUMENTED)] == [404, 200]
    assert segmind.counts()["accepted"] == {"faceswap-v2": 2}


@pytest.mark.parametrize(
    ("changes", "case", "word"),
    [
        ({"source_img": ...}, "v1_bad_request_400", "source_img"),
        ({"target_img": ""}, "v1_bad_request_400", "target_img"),
        ({"target_img": "not a picture!"}, "v1_bad_request_400", "target_img"),
        ({"target_img": 5}, "v1_bad_request_400", "target_img"),
        ({"base64": "yes"}, "v1_bad_request_400", "base64"),
        ({"face_restore": "other.pth"}, "v1_rejected_value_406", "face_restore"),
        ({"input_faces_index": "one"}, "v1_rejected_value_406", "input_faces_index"),
        ({"source_faces_index": True}, "v1_rejected_value_406", "source_faces_index"),
        ({"source_faces_index": "0,1"}, "v1_rejected_value_406", "source_faces_index"),
        ({"input_faces_index": "3"}, "v1_bad_request_400", "Face 3"),
        ({"source_faces_index": "3"}, "v1_bad_request_400", "Face 3"),
        ({"source_img": "http://127.0.0.1:9/x.jpg"}, "v1_bad_request_400", "source_img"),
    ],
)
def test_what_is_refused_costs_nothing(
    segmind: SegmindClient, changes: dict[str, Any], case: str, word: str
) -> None:
    before = segmind.credits("segmind")
    response = segmind.swap(**changes)
    assert response.status_code == RECORDED.status(case)
    assert shape(response.json()) == RECORDED.shape(case)
    assert word in response.json()["error"]
    assert segmind.counts()["accepted"] == {}
    assert segmind.credits("segmind") == before


@pytest.mark.parametrize("name", ["source_img", "target_img"])
def test_a_picture_without_a_face_is_refused(segmind: SegmindClient, name: str) -> None:
    response = segmind.swap(**{name: segmind.sample("landscape.jpg")})
    assert (response.status_code, response.json()) == (400, {"error": f"No face detected in {name}."})


@pytest.mark.parametrize(
    ("headers", "case"), [({}, "v1_missing_key_401"), ({"x-api-key": "no"}, "v1_unauthorised_401")]
)
def test_a_wrong_key(segmind: SegmindClient, headers: dict[str, str], case: str) -> None:
    response = segmind.http.post(f"{segmind.url}{DOCUMENTED}", json=segmind.fields(), headers=headers)
    assert (response.status_code, response.json()) == (401, RECORDED.body(case))


def test_a_wrong_content_type_and_a_broken_body(segmind: SegmindClient) -> None:
    def send(content: str, media_type: str) -> httpx.Response:
        headers = segmind.headers() | {"content-type": media_type}
        return segmind.http.post(f"{segmind.url}{DOCUMENTED}", content=content, headers=headers)

    response = send(json.dumps(segmind.fields()), "text/plain")
    assert (response.status_code, response.json()) == (406, RECORDED.body("v1_content_type_406"))
    assert send(json.dumps(segmind.fields()), "application/json; charset=utf-8").status_code == 200
    assert [send(text, "application/json").status_code for text in ("", "[]", "{", "[" * 100_000)] == [
        400
    ] * 4


@pytest.mark.parametrize("path", [DOCUMENTED, SHORT, "/v2/faceswap-v2"])
def test_a_wrong_method_is_answered_in_html(segmind: SegmindClient, path: str) -> None:
    response = segmind.get(path)
    assert response.status_code == 405
    assert response.headers["content-type"].startswith("text/html")


def test_an_unknown_path(segmind: SegmindClient) -> None:
    for path in ("/v1/models/other", "/v2/other", "/v1/"):
        response = segmind.swap(path)
        assert (response.status_code, shape(response.json())) == (404, {"error": "str"})


def test_credits_are_counted_down_until_there_are_none(segmind: SegmindClient) -> None:
    segmind.control("credits", {"vendor": "segmind", "credits": 0.01})
    answers = [segmind.swap() for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 406]
    assert [a.headers.get("x-remaining-credits") for a in answers] == ["0.006", "0.002", None]
    assert answers[2].json() == RECORDED.body("v1_no_credits_406")
    assert segmind.counts()["refused"] == {"no_credits": 1}


def test_the_credits_route(segmind: SegmindClient) -> None:
    segmind.control("credits", {"vendor": "segmind", "credits": 12.346})
    response = segmind.get("/v1/get-user-credits")
    assert (response.status_code, response.json()) == (200, RECORDED.body("credits_left"))
    refused = segmind.http.get(f"{segmind.url}/v1/get-user-credits", headers={"x-api-key": "no"})
    assert (refused.status_code, refused.json()) == (401, RECORDED.body("credits_unauthorised_401"))
    assert segmind.counts()["fetches"] == 0
    segmind.control("faults", {"kind": "server_error", "on": "fetch", "operation": "get-user-credits"})
    assert segmind.get("/v1/get-user-credits").status_code == 500


def test_a_call_takes_as_long_as_the_policy_says(segmind: SegmindClient) -> None:
    segmind.swap()
    segmind.control("progress", {"after_seconds": 0.3, "after_reads": 5})
    response = segmind.swap()
    assert response.elapsed >= timedelta(seconds=0.3)
    assert float(response.headers["x-generation-time"]) >= 0.3


def test_a_call_is_cut_off_and_billed_all_the_same(segmind: SegmindClient) -> None:
    segmind.control("progress", {"outcome": "never"})
    segmind.control("segmind", {"cut_off_seconds": 0.05})
    response = segmind.swap()
    assert (response.status_code, response.json()) == (504, RECORDED.body("v1_timeout_504"))
    assert segmind.counts()["accepted"] == {"faceswap-v2": 1}


def test_a_call_that_fails_gives_the_credits_back(segmind: SegmindClient) -> None:
    before = segmind.credits("segmind")
    segmind.control("progress", {"outcome": "failed", "message": "Out of memory."})
    response = segmind.swap()
    assert (response.status_code, response.json()) == (500, {"error": "Out of memory."})
    assert segmind.credits("segmind") == before


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "rate_limited"}, 429),
        ({"kind": "no_credits"}, 406),
        ({"kind": "server_error"}, 500),
        ({"kind": "error", "code": 403}, 403),
        ({"kind": "error", "code": 504}, 504),
        ({"kind": "error_200"}, 200),
        ({"kind": "rate_limited_200"}, 200),
        ({"kind": "error", "message": {"code": 7}}, 400),
        ({"kind": "echo"}, 400),
    ],
)
def test_an_error_by_fault(segmind: SegmindClient, fault: dict[str, Any], status: int) -> None:
    segmind.control("faults", fault)
    response = segmind.swap()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert error == {"code": 7} if isinstance(fault.get("message"), dict) else isinstance(error, str)
    assert (segmind.server.key in response.text) == (fault["kind"] == "echo")
    assert segmind.counts()["accepted"] == {}


def test_a_405_by_fault_and_a_gateway_speak_html(segmind: SegmindClient) -> None:
    segmind.control("faults", {"kind": "error", "code": 405, "times": 1})
    segmind.control("faults", {"kind": "bad_gateway"})
    answers = [segmind.swap() for _ in range(2)]
    assert [a.status_code for a in answers] == [405, 502]
    assert {a.headers["content-type"].partition(";")[0] for a in answers} == {"text/html"}


def test_a_rate_limit_has_its_end_in_a_header_of_its_own(segmind: SegmindClient) -> None:
    segmind.control("faults", {"kind": "rate_limited", "retry_after": 60, "times": 1})
    segmind.control("faults", {"kind": "rate_limited", "retry_after": None})
    first, second = segmind.swap(), segmind.swap()
    form = "%Y-%m-%dT%H:%M:%SZ"
    reset = first.headers["x-rate-limit-reset-at-utc"]
    ahead = datetime.strptime(reset, form).replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert timedelta(seconds=50) < ahead <= timedelta(seconds=60)
    assert datetime.strptime(RECORDED.headers("v1_rate_limited_429")["x-rate-limit-reset-at-utc"], form)
    assert "x-rate-limit-reset-at-utc" not in second.headers
    assert "retry-after" not in first.headers
    assert first.json() == RECORDED.body("v1_rate_limited_429")


def test_a_picture_that_goes_wrong_is_billed(segmind: SegmindClient) -> None:
    whole = segmind.swap().content
    segmind.control("faults", {"kind": "truncated_json", "times": 1})
    segmind.control("faults", {"kind": "unknown_status", "times": 1})
    segmind.control("faults", {"kind": "accept_then_break"})
    half = segmind.swap()
    assert (half.content, half.headers["content-type"]) == (whole[: len(whole) // 2], "image/jpeg")
    assert segmind.swap().json() == {"status": "under_review"}
    with pytest.raises(httpx.RemoteProtocolError):
        segmind.swap()
    counts = segmind.counts()
    assert (counts["accepted"], counts["duplicates"]) == ({"faceswap-v2": 4}, 3)


def test_the_queue_counts_running_calls(segmind: SegmindClient, client: ModelsLabClient) -> None:
    client.control("progress", {"outcome": "never"})
    client.submit("multiple_face_swap")
    client.control("queue", {"max_queued": 1})
    assert segmind.swap().status_code == 429
    assert segmind.submit().status_code == 429
    assert segmind.counts()["refused"] == {"queue_full": 2}
