"""Segmind's v2 takes a job and is asked about it."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import pytest

from airflow_provider_faceswap.sandbox.pictures import images

from ..client import until
from ..comparing import ASTRONAUT, change, original
from ..modelslab.client import ModelsLabClient
from ..recorded import shape
from .client import RECORDED, SegmindClient


def test_a_submission(segmind: SegmindClient) -> None:
    response = segmind.submit()
    reply = response.json()
    assert (response.status_code, shape(reply)) == (200, RECORDED.shape("v2_submit_queued"))
    assert reply["status"] == "QUEUED"
    assert str(uuid.UUID(reply["request_id"])) == reply["request_id"] == response.headers["x-request-id"]
    requests = f"{segmind.url}/v2/requests/{reply['request_id']}"
    assert (reply["status_url"], reply["response_url"]) == (f"{requests}/status", requests)
    assert "x-cost" not in response.headers


@pytest.mark.parametrize("call", ["status", "result"])
def test_a_job_is_queued_then_processed_then_completed(segmind: SegmindClient, call: str) -> None:
    segmind.swap()
    segmind.control("progress", {"after_reads": 3})
    request_id = segmind.submit().json()["request_id"]
    poll = getattr(segmind, call)
    answers = [poll(request_id) for _ in range(3)]
    until(lambda: poll(request_id).json()["status"], "COMPLETED")
    assert [a.json()["status"] for a in answers] == ["QUEUED", "PROCESSING", "PROCESSING"]
    assert {a.status_code for a in answers} == {200}
    assert shape(answers[0].json()) == RECORDED.shape(f"v2_{call}_queued")
    assert shape(answers[1].json()) == RECORDED.shape(f"v2_{call}_processing")


def test_the_status_of_a_completed_job_has_its_cost(segmind: SegmindClient) -> None:
    response = segmind.status(segmind.ended())
    assert (response.status_code, shape(response.json())) == (200, RECORDED.shape("v2_status_completed"))
    metrics = response.json()["metrics"]
    assert (metrics["cost"], response.headers["x-cost"]) == (0.004, "0.004")
    assert metrics["remaining_credits"] == segmind.credits("segmind")


@pytest.mark.parametrize(
    ("form", "case"),
    [
        ("url", "v2_result_output_url"),
        ("list", "v2_result_output_list"),
        ("text", "v2_result_output_text"),
        ("images", "v2_result_images"),
    ],
)
def test_a_result_has_the_form_that_was_chosen(segmind: SegmindClient, form: str, case: str) -> None:
    segmind.control("segmind", {"output_form": form})
    reply = segmind.result(segmind.ended()).json()
    assert shape(reply) == RECORDED.shape(case)
    found = reply["images"][0]["url"] if form == "images" else reply["output"]
    url = found[0] if form == "list" else found
    content = base64.b64decode(found) if form == "text" else segmind.http.get(url).content
    after = images.decode(content, "result")
    assert change(original("astronaut.jpg"), after, ASTRONAUT) > 10
    assert content == segmind.swap().content


def test_base64_gives_text(segmind: SegmindClient) -> None:
    reply = segmind.result(segmind.ended(base64=True)).json()
    assert base64.b64decode(reply["output"]) == segmind.swap().content


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source_img": ...}, "source_img is required"),
        ({"face_restore": "other.pth"}, "face_restore must be one of"),
        ({"input_faces_index": "7"}, "Face 7 was not found in target_img."),
        ({"target_img": "http://127.0.0.1:9/x.jpg"}, "Could not download target_img."),
    ],
)
def test_bad_input_is_accepted_and_fails(segmind: SegmindClient, changes: dict[str, Any], words: str) -> None:
    before = segmind.credits("segmind")
    submitted = segmind.submit(**changes)
    assert (submitted.status_code, submitted.json()["status"]) == (200, "QUEUED")
    request_id = submitted.json()["request_id"]
    until(lambda: segmind.status(request_id).status_code, 422)
    for response, case in (
        (segmind.status(request_id), "v2_status_failed_422"),
        (segmind.result(request_id), "v2_result_failed_422"),
    ):
        assert (response.status_code, shape(response.json())) == (422, RECORDED.shape(case))
        assert response.json()["status"] == "FAILED"
        assert response.json()["error"].startswith(words)
    assert segmind.counts()["accepted"] == {"faceswap-v2-async": 1}
    assert segmind.credits("segmind") == before


def test_a_failure_by_policy(segmind: SegmindClient) -> None:
    policy = {"operation": "faceswap-v2-async", "outcome": "failed", "message": "Out of memory."}
    segmind.control("progress", policy)
    assert segmind.status(segmind.ended()).json()["error"] == "Out of memory."
    assert segmind.swap().status_code == 200


def test_a_record_is_gone_after_its_time_and_the_file_stays(segmind: SegmindClient) -> None:
    request_id = segmind.ended()
    url = segmind.result(request_id).json()["output"]
    segmind.control("segmind", {"record_seconds": 0.05})
    time.sleep(0.1)
    for response in (segmind.status(request_id), segmind.result(request_id)):
        assert response.status_code == 404
        assert response.json() == {"error": f"Request {request_id} not found"}
    assert segmind.http.get(url).status_code == 200
    segmind.control("segmind", {"record_seconds": 3600})
    assert segmind.status(request_id).status_code == 200


def test_an_unknown_id(segmind: SegmindClient, client: ModelsLabClient) -> None:
    v1 = segmind.swap().headers["x-request-id"]
    for unknown in ("none", "1", v1, client.submit("multiple_face_swap").json()["id"]):
        for response in (segmind.status(unknown), segmind.result(unknown)):
            assert response.status_code == 404
            assert shape(response.json()) == RECORDED.shape("v2_status_not_found_404")
    assert client.fetch(segmind.ended()).json()["message"] == "Request not found"


def test_a_wrong_key(segmind: SegmindClient) -> None:
    request_id = segmind.ended()
    wrong = {"x-api-key": "no"}
    answers = [
        segmind.http.post(f"{segmind.url}/v2/faceswap-v2", json=segmind.fields(), headers=wrong),
        segmind.http.get(f"{segmind.url}/v2/requests/{request_id}/status", headers=wrong),
        segmind.http.get(f"{segmind.url}/v2/requests/{request_id}", headers=wrong),
    ]
    assert [a.status_code for a in answers] == [401] * 3
    assert answers[0].json() == RECORDED.body("v2_submit_unauthorised_401")


def test_no_credits(segmind: SegmindClient) -> None:
    segmind.control("credits", {"vendor": "segmind", "credits": 0.002})
    response = segmind.submit()
    assert (response.status_code, response.json()) == (406, RECORDED.body("v2_submit_no_credits_406"))


def test_faults_on_reads(segmind: SegmindClient) -> None:
    request_id = segmind.ended()
    before = segmind.counts()["fetches"]
    for kind in ("server_error", "bad_gateway", "truncated_json", "unknown_status"):
        segmind.control("faults", {"kind": kind, "on": "fetch", "operation": "faceswap-v2-async", "times": 1})
    first, second, third, fourth = (segmind.status(request_id) for _ in range(4))
    assert (first.status_code, first.json()) == (500, RECORDED.body("v2_status_server_error_500"))
    assert second.status_code == 502
    with pytest.raises(json.JSONDecodeError):
        third.json()
    assert fourth.json()["status"] == "under_review"
    counts = segmind.counts()
    assert counts["fetches"] - before == 4
    assert counts["fetches_by_job"][request_id] == counts["fetches"]


def test_a_vendor_that_does_not_know_an_id(segmind: SegmindClient) -> None:
    request_id = segmind.ended()
    segmind.control("faults", {"kind": "unknown_id", "operation": "faceswap-v2-async", "times": 2})
    for response in (segmind.status(request_id), segmind.result(request_id)):
        assert (response.status_code, response.json()) == (404, {"error": f"Request {request_id} not found"})
    assert segmind.result(request_id).status_code == 200


def test_a_submission_whose_answer_is_lost_is_accepted_once(segmind: SegmindClient) -> None:
    segmind.control("faults", {"kind": "bad_gateway", "accepted": True, "times": 1})
    assert segmind.submit().status_code == 502
    assert segmind.submit().status_code == 200
    counts = segmind.counts()
    assert (counts["accepted"], counts["duplicates"]) == ({"faceswap-v2-async": 2}, 1)
    listed = segmind.control("jobs?operation=faceswap-v2-async")["jobs"]
    assert [(job["vendor"], len(job["id"])) for job in listed] == [("segmind", 36)] * 2
