from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.apis.job import Job
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.segmind import Credits, FaceswapNow, FaceswapQueued, QueuedRequest
from airflow_provider_faceswap.exceptions import InputError, RefusedForNowError
from tests.apis.recorded import cases, outcome, read

URL = "https://example.com/a.png"
PICTURE = "/9j/4AAQ"
NOW = FaceswapNow.checked({"source_img": URL, "target_img": URL})
QUEUED = FaceswapQueued.checked({"source_img": URL, "target_img": URL})
POLL = QueuedRequest(job_id="5f1c7d0e")
OUTCOMES = {
    "v1_picture_jpeg": "success",
    "v1_picture_png": "success",
    "v1_picture_truncated": "success",
    "v1_picture_in_json": "success",
    "v1_error_200": "RefusedError",
    "v1_error_object": "RefusedError",
    "v1_bad_request_400": "RefusedError",
    "v1_forbidden_403": "RefusedError",
    "v1_not_found_404": "RefusedError",
    "v1_content_type_406": "RefusedError",
    "v1_no_credits_406": "RefusedError",
    "v1_rejected_value_406": "RefusedError",
    "v1_missing_key_401": "AuthenticationError",
    "v1_unauthorised_401": "AuthenticationError",
    "v1_rate_limited_429": "RefusedForNowError",
    "v1_empty": "InDoubtError",
    "v1_html_200": "InDoubtError",
    "v1_method_not_allowed_405": "InDoubtError",
    "v1_server_error_500": "InDoubtError",
    "v1_bad_gateway_502": "InDoubtError",
    "v1_bad_gateway_json_502": "InDoubtError",
    "v1_timeout_504": "InDoubtError",
    "v1_timeout_html_504": "InDoubtError",
    "v2_submit_queued": "processing",
    "v2_submit_completed_without_output": "no_result",
    "v2_submit_server_error_named_500": "unclear",
    "v2_submit_bad_gateway_502": "InDoubtError",
    "v2_submit_empty_500": "InDoubtError",
    "v2_submit_server_error_other_json_503": "InDoubtError",
    "v2_submit_server_error_500": "RefusedForNowError",
    "v2_submit_no_credits_406": "RefusedError",
    "v2_submit_rate_limited_429": "RefusedForNowError",
    "v2_submit_unauthorised_401": "AuthenticationError",
    "v2_submit_truncated_json": "InDoubtError",
    "v2_result_queued": "processing",
    "v2_result_processing": "processing",
    "v2_result_output_url": "success",
    "v2_result_output_list": "success",
    "v2_result_output_text": "success",
    "v2_result_images": "success",
    "v2_result_without_output": "no_result",
    "v2_result_failed_422": "failed",
    "v2_result_failed_without_id_422": "failed",
    "v2_result_not_found_404": "unknown",
    "v2_result_server_error_500": "PollError",
}


@pytest.mark.parametrize("case", cases("segmind", "v1"))
def test_every_recorded_answer_of_v1(case: str) -> None:
    assert outcome(NOW, read("segmind", case)) == OUTCOMES[case]


@pytest.mark.parametrize("case", cases("segmind", "v2-submit"))
def test_every_recorded_answer_to_a_queued_submission(case: str) -> None:
    assert outcome(QUEUED, read("segmind", case)) == OUTCOMES[case]


@pytest.mark.parametrize("case", cases("segmind", "v2-result"))
def test_every_recorded_answer_to_a_poll(case: str) -> None:
    assert outcome(POLL, read("segmind", case)) == OUTCOMES[case]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("credits_left", "success"),
        ("credits_unauthorised_401", "AuthenticationError"),
        ("credits_none_404", "PollError"),
    ],
)
def test_every_recorded_answer_of_the_credits(case: str, expected: str) -> None:
    assert outcome(Credits(), read("segmind", case)) == expected


@pytest.mark.parametrize("request_", [POLL, Credits()])
@pytest.mark.parametrize("status", [401, 403])
def test_a_proxys_page_says_nothing_about_the_key(request_: Any, status: int) -> None:
    assert outcome(request_, Reply(status, {}, b"<html>Access denied</html>")) == "PollError"
    assert outcome(request_, Reply(status, {}, b'{"error": "no"}')) == "AuthenticationError"


@pytest.mark.parametrize("status", [200, 404, 500, 502, 503])
def test_a_request_that_is_named_is_taken_whatever_the_status(status: int) -> None:
    assert QUEUED.read(Reply(status, {}, b'{"error": "no", "request_id": "r-1"}')).job_id == "r-1"


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({}, b'{"error": "Internal server error"}', "RefusedForNowError"),
        ({}, b'{"error": {"message": "overloaded"}, "request_id": null}', "RefusedForNowError"),
        ({}, b'{"error": ""}', "InDoubtError"),
        ({}, b'{"error": "no", "request_id": "../r1"}', "InDoubtError"),
        ({}, b'{"error": {"message": "no", "request_id": "r-1"}}', "InDoubtError"),
        ({}, b'{"error": "no", "poll_url": "https://api.segmind.com/v2/requests/r-1"}', "InDoubtError"),
        ({"x-request-id": "r-1"}, b'{"error": "Internal server error"}', "InDoubtError"),
        ({}, b'{"error": "Internal', "InDoubtError"),
        ({}, b'["error"]', "InDoubtError"),
    ],
)
def test_a_server_error_is_not_taken_only_in_segminds_own_words_without_an_id(
    headers: dict[str, str], body: bytes, expected: str
) -> None:
    assert outcome(QUEUED, Reply(500, headers, body)) == expected


def test_a_finished_request_without_a_link_says_so() -> None:
    job = POLL.read(read("segmind", "v2_result_without_output"))
    assert job.state.settled and job.message.startswith("finished, and its answer holds no http(s) link")


def test_a_picture_and_what_it_cost() -> None:
    job = NOW.read(read("segmind", "v1_picture_jpeg"))
    assert job.content is not None and job.content.startswith(b"\xff\xd8\xff")
    assert job.job_id and job.cost is not None and job.meta["remaining_credits"]


def test_base64_text_holds_the_same_picture() -> None:
    job = NOW.read(read("segmind", "v1_picture_in_json"))
    assert job.content is not None and job.content.startswith(b"\xff\xd8\xff")


def test_a_verdict_keeps_the_vendors_words() -> None:
    job: Job = POLL.read(read("segmind", "v2_result_failed_422"))
    assert "No face detected" in job.message


def test_406_keeps_its_text_and_404_names_the_path() -> None:
    for case, said in (
        ("v1_no_credits_406", "Insufficient credits"),
        ("v1_not_found_404", "'path' may be wrong"),
    ):
        with pytest.raises(Exception, match=said):
            NOW.read(read("segmind", case))


def test_a_rate_limit_tells_until_when() -> None:
    headers = {"x-rate-limit-reset-at-utc": "2026-11-20T12:00:30Z", "date": "Fri, 20 Nov 2026 12:00:00 GMT"}
    with pytest.raises(RefusedForNowError) as caught:
        NOW.read(Reply(429, headers, b'{"error": "Rate limit exceeded"}'))
    assert caught.value.retry_after == 30.0


def test_the_body_is_the_documented_one() -> None:
    assert NOW.body() == {
        "source_img": URL, "target_img": URL, "input_faces_index": "0", "source_faces_index": "0",
        "face_restore": "codeformer-v0.1.0.pth", "base64": False,
    }  # fmt: skip
    assert NOW.path({"path": "/v1/models/faceswap-v2"}) == "/v1/models/faceswap-v2"
    assert QUEUED.path({"path": "/v1/models/faceswap-v2"}) == "/v2/faceswap-v2"
    assert (POLL.method, POLL.path({})) == ("GET", "/v2/requests/5f1c7d0e")


@pytest.mark.parametrize(("given", "sent"), [("0, 2", "0,2"), (1, "1"), ("0", "0")])
def test_face_numbers(given: Any, sent: str) -> None:
    call = FaceswapNow.checked({"source_img": PICTURE, "target_img": URL, "input_faces_index": given})
    assert call.body()["input_faces_index"] == sent


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source_img": "nothing.jpg"}, "source_img"),
        ({"source_img": "ftp://example.com/a"}, "source_img"),
        ({"target_img": ""}, "target_img"),
        ({"input_faces_index": "first"}, "input_faces_index"),
        ({"source_faces_index": "0;1"}, "source_faces_index"),
        ({"face_restore": "best"}, "face_restore"),
        ({"base64": "perhaps"}, "base64"),
    ],
)
def test_a_bad_input_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        FaceswapNow.checked({"source_img": URL, "target_img": URL, **change})
    assert caught.value.field == field
