"""The sandbox answers in the shape that the vendor's documents show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..recorded import shape
from .client import MEDIA, RECORDED, ModelsLabClient


def same_shape(reply: Any, case: str) -> None:
    assert shape(reply) == RECORDED.shape(case)


@pytest.mark.parametrize("operation", MEDIA)
def test_a_submission_that_ends_at_once(client: ModelsLabClient, operation: str) -> None:
    client.control("progress", {})
    response = client.submit(operation)
    assert response.status_code == 200
    same_shape(response.json(), f"submit_{operation}_success")
    assert isinstance(response.json()["id"], int)


def test_a_submission_that_is_queued(client: ModelsLabClient) -> None:
    client.control("progress", {"after_seconds": 605, "eta": 605})
    reply = client.submit("single_video_swap").json()
    same_shape(reply, "submit_processing")
    assert reply["eta"] == 605
    assert isinstance(reply["eta"], int)
    assert reply["output"] == []
    assert reply["fetch_result"] == f"{client.url}/api/v6/deepfake/fetch/{reply['id']}"


def test_a_queued_submission_with_a_fraction_in_its_eta(client: ModelsLabClient) -> None:
    client.control("progress", {"after_reads": 9, "eta": 12.85})
    reply = client.submit("single_video_swap").json()
    same_shape(reply, "submit_processing_float_eta")
    assert reply["eta"] == 12.85


def test_a_queued_submission_without_an_eta(client: ModelsLabClient) -> None:
    client.control("progress", {"after_reads": 9, "eta": None})
    same_shape(client.submit("single_video_swap").json(), "submit_processing_without_eta")


def test_an_eta_that_nobody_set_follows_the_policy(client: ModelsLabClient) -> None:
    client.control("progress", {"after_seconds": 7.2})
    assert client.submit("single_video_swap").json()["eta"] == 8


def test_a_fetch_of_a_running_job(client: ModelsLabClient) -> None:
    client.control("progress", {"outcome": "never"})
    job_id = client.submit("single_video_swap").json()["id"]
    assert client.fetch(job_id).json() == RECORDED.body("fetch_processing")


@pytest.mark.parametrize(
    ("namespace", "case"), [("deepfake", "fetch_success"), ("faceswap", "fetch_success_faceswap")]
)
def test_a_fetch_of_a_finished_job(client: ModelsLabClient, namespace: str, case: str) -> None:
    submitted = client.submit("single_face_swap", namespace).json()
    reply = client.fetch(submitted["id"], namespace).json()
    same_shape(reply, case)
    assert (reply["id"], reply["output"]) == (submitted["id"], submitted["output"])


def test_a_fetch_of_an_unknown_id(client: ModelsLabClient) -> None:
    case = "fetch_request_not_found"
    status, body = RECORDED.status(case), RECORDED.body(case)
    for unknown in ("1", "none", "²", "9" * 40):
        response = client.fetch(unknown)
        assert (response.status_code, response.json()) == (status, body)


@pytest.mark.parametrize(
    ("fault", "case"),
    [
        ("server_error", "submit_server_error_500"),
        ("rate_limited", "submit_rate_limited_429"),
        ("rate_limited_200", "submit_rate_limited_200"),
        ("queue_full", "submit_queue_full_429"),
        ("no_credits", "submit_no_credits_402"),
    ],
)
def test_a_refusal(client: ModelsLabClient, fault: str, case: str) -> None:
    client.control("faults", {"kind": fault})
    response = client.submit("multiple_face_swap")
    assert response.status_code == RECORDED.status(case)
    same_shape(response.json(), case)


def test_a_wrong_key(client: ModelsLabClient) -> None:
    case = "submit_unauthorised_401"
    status, body = RECORDED.status(case), RECORDED.body(case)
    for changes in ({"key": "wrong"}, {"key": ...}, {"key": None}):
        response = client.submit("multiple_face_swap", **changes)
        assert (response.status_code, response.json()) == (status, body)
    response = client.http.post(f"{client.url}/api/v6/faceswap/fetch/1", json={})
    assert (response.status_code, response.json()) == (status, body)


def test_bad_fields(client: ModelsLabClient) -> None:
    response = client.submit("multiple_face_swap", init_image=..., target_image="not an address")
    assert response.status_code == RECORDED.status("submit_error_fields")
    reply = response.json()
    same_shape(reply, "submit_error_fields")
    assert reply["message"] == {
        "init_image": ["The init image field is required."],
        "target_image": ["The target image must be a valid URL."],
    }


def test_a_failed_job(client: ModelsLabClient) -> None:
    client.control("progress", {"outcome": "failed", "message": "Out of memory."})
    reply = client.submit("multiple_face_swap").json()
    same_shape(reply, "submit_failed")
    assert reply["message"] == "Out of memory."
    assert client.fetch(reply["id"]).json() == reply


def test_congestion_says_try_again_forever(client: ModelsLabClient) -> None:
    client.control("progress", {"after_reads": 1, "outcome": "congested"})
    job_id = client.submit("single_video_swap").json()["id"]
    replies = [client.fetch(job_id).json() for _ in range(3)]
    assert [reply["status"] for reply in replies] == ["processing", "failed", "failed"]
    assert replies[-1]["message"] == RECORDED.body("fetch_try_again")["message"]


def test_meta_echoes_the_request(client: ModelsLabClient) -> None:
    fields = client.fields("specific_video_swap")
    meta = client.submit("specific_video_swap", watermark=False).json()["meta"]
    assert meta["source_image"] == fields["init_image"]
    assert meta["target_video_url"] == fields["init_video"]
    assert meta["reference_image"] == fields["reference_image"]
    assert meta["watermark"] == "no"
    assert client.server.key not in json.dumps(meta)
