from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.modelslab import VENDOR, SingleVideoSwap
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    InputError,
    PollError,
    RefusedError,
    RefusedForNowError,
)
from tests.apis.modelslab import FETCH, INPUTS, SUBMIT, URL, reply

SAMPLES = Path(__file__).parents[1] / "samples" / "modelslab"
PICTURE = "/9j/4AAQ"


def samples(kind: str) -> list[Any]:
    cases = [case for case in sorted(SAMPLES.iterdir()) if (case / "origin").read_text().startswith(kind)]
    assert cases
    return [pytest.param(case, id=case.name) for case in cases]


def read_sample(case: Path) -> Reply:
    headers = json.loads((case / "headers.json").read_text())
    return Reply(int((case / "status").read_text()), headers, (case / "body").read_bytes())


def outcome(call: Any, case: Path) -> Job | FaceSwapError:
    try:
        return call.read(read_sample(case))
    except FaceSwapError as error:
        return error


@pytest.mark.parametrize("operation", INPUTS)
@pytest.mark.parametrize("namespace", ["faceswap", "deepfake"])
def test_path_and_body_are_the_documented_ones(operation: str, namespace: str) -> None:
    call = VENDOR.operations[operation].checked(INPUTS[operation])
    assert call.path({"namespace": namespace}) == f"/api/v6/{namespace}/{operation}"
    video = {"output_format": "mp4"} if "video" in operation else {}
    assert call.body() == {
        **INPUTS[operation], **video, "watermark": True, "webhook": None, "track_id": None,
    }  # fmt: skip
    assert call.billed


def test_base64_pictures_are_sent_with_their_flag() -> None:
    fields = {"init_image": PICTURE, "target_image": f"data:image/png;base64,{PICTURE}", "base64": True}
    body = VENDOR.operations["multiple_face_swap"].checked(fields).body()
    assert body["base64"] is True
    assert body["init_image"] == PICTURE


def test_blanks_around_a_url_are_stripped() -> None:
    assert SingleVideoSwap.checked({"init_image": f" {URL}", "init_video": f"{URL}\n"}).init_image == URL


@pytest.mark.parametrize(("given", "sent"), [("42", 42), (42, 42), ("night-7", "night-7"), (None, None)])
def test_track_id_is_a_number_where_it_can_be(given: Any, sent: Any) -> None:
    call = SingleVideoSwap.checked({**INPUTS["single_video_swap"], "track_id": given})
    assert call.body()["track_id"] == sent


@pytest.mark.parametrize(
    ("operation", "change", "field", "remedy"),
    [
        ("single_video_swap", {"init_video": "/data/a.mp4"}, "init_video", "file path"),
        ("single_video_swap", {"init_video": "ftp://example.com/a"}, "init_video", "http(s) URL"),
        ("single_video_swap", {"init_video": ""}, "init_video", "required"),
        ("single_video_swap", {"init_video": "None"}, "init_video", "template"),
        ("single_video_swap", {"init_video": None}, "init_video", "required"),
        ("single_video_swap", {"init_video": ["a"]}, "init_video", "text"),
        ("single_video_swap", {"init_video": "http://"}, "init_video", "http(s) URL"),
        ("single_video_swap", {"output_format": "../mp4"}, "output_format", "mp4"),
        ("single_video_swap", {"webhook": "me"}, "webhook", "http(s) URL"),
        ("single_video_swap", {"watermark": "perhaps"}, "watermark", "boolean"),
        ("specific_video_swap", {"reference_image": "x.png"}, "reference_image", "file path"),
        ("single_face_swap", {"base64": True}, "init_image", "not a URL"),
        (
            "multiple_face_swap",
            {"base64": True, "init_image": "***", "target_image": PICTURE},
            "init_image",
            "base64",
        ),
        ("multiple_face_swap", {"init_image": PICTURE}, "init_image", "http(s) URL"),
    ],
)
def test_a_bad_input_is_named_with_its_remedy(
    operation: str, change: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(InputError) as caught:
        VENDOR.operations[operation].checked({**INPUTS[operation], **change})
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ") and remedy in str(caught.value)


def test_an_input_is_not_repeated_in_the_error() -> None:
    with pytest.raises(InputError) as caught:
        SingleVideoSwap.checked({"init_image": URL, "init_video": "/home/me/secret-name.mp4"})
    assert "secret-name" not in str(caught.value)


@pytest.mark.parametrize("case", samples("submit"))
def test_every_recorded_submission_reply_is_a_job_or_an_error_of_the_family(case: Path) -> None:
    result = outcome(SUBMIT, case)
    if isinstance(result, Job):
        data = read_sample(case).json()
        assert data is not None and result.job_id == str(data.get("id", ""))
    else:
        assert isinstance(result, (RefusedError, InDoubtError, AuthenticationError))


@pytest.mark.parametrize("case", samples("fetch"))
def test_every_recorded_fetch_reply_is_a_job_or_an_error_of_the_family(case: Path) -> None:
    result = outcome(FETCH, case)
    assert isinstance(result, (Job, PollError, AuthenticationError))
    if isinstance(result, Job):
        assert result.job_id == "278"


def test_a_finished_submission() -> None:
    body = {
        "status": "success", "generationTime": 10.1, "id": 278, "output": [URL], "proxy_links": None,
        "meta": {"seed": 7, "watermark": "yes", "source_image": URL, "outdir": "out/", "file_prefix": "e9"},
    }  # fmt: skip
    job = SUBMIT.read(reply(body))
    assert job == Job(
        job_id="278", state=JobState.SUCCESS, output=(URL,), seconds=10.1,
        meta={"seed": 7, "watermark": "yes", "file_prefix": "e9"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("eta", "read"), [(605, 605.0), (12.5, 12.5), ("7", 7.0), (None, None), ("soon", None), (-1, None)]
)
def test_a_queued_submission(eta: Any, read: float | None) -> None:
    job = SUBMIT.read(
        reply({"status": "processing", "id": 278, "eta": eta, "output": [], "message": "Try Again"})
    )
    assert (job.job_id, job.state, job.eta) == ("278", JobState.PROCESSING, read)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"status": "error", "message": {"init_image": ["is required"]}}, RefusedError),
        (200, {"status": "error", "messege": "Something is wrong with your video"}, RefusedError),
        (402, {"status": "error", "message": "Not enough credits"}, RefusedError),
        (403, {"status": "error", "message": "Upgrade your plan"}, RefusedError),
        (404, {"status": "error", "message": "The requested endpoint does not exist"}, RefusedError),
        (401, {"status": "error", "message": "Invalid"}, AuthenticationError),
        (200, {"status": "error", "message": "Invalid API Key"}, AuthenticationError),
        (429, {"status": "error", "message": "Slow", "retry_after": 9}, RefusedForNowError),
        (200, {"status": "error", "message": "Rate limit exceeded"}, RefusedForNowError),
        (200, {"status": "error", "message": "Your queue is full"}, RefusedForNowError),
        (200, {"status": "error"}, InDoubtError),
        (500, {"status": "error", "message": "Server error"}, InDoubtError),
        (503, {"status": "failed", "message": "Maintenance"}, InDoubtError),
        (302, {"status": "error", "message": "moved"}, InDoubtError),
        (422, {"message": "The init_image field is required"}, InDoubtError),
        (200, {"status": "processing", "id": ""}, InDoubtError),
        (200, {"status": "processing", "id": "../../etc"}, InDoubtError),
        (200, {"status": "processing", "id": True}, InDoubtError),
        (200, {"status": "queued at last"}, InDoubtError),
        (200, [1, 2], InDoubtError),
        (502, b"<html>Bad gateway</html>", InDoubtError),
        (400, b"<html>Bad request</html>", InDoubtError),
        (200, b"", InDoubtError),
        (200, b'{"status": "proc', InDoubtError),
        (200, b"[" * 100_000, InDoubtError),
    ],
)
def test_what_was_certainly_not_taken_is_told_from_what_is_in_doubt(
    status: int, body: Any, error: type[FaceSwapError]
) -> None:
    with pytest.raises(FaceSwapError) as caught:
        SUBMIT.read(reply(body, status))
    assert type(caught.value) is error


CONGESTED = (
    "Try Again",
    "Please try again later.",
    "The model is busy. Try again.",
    "Queue error, try again",
)
VERDICTS = (
    "no face detected, please try again with another image",
    "No face found. Please try again.",
    "Try again with a shorter clip",
    "Unable to process init_video. Please try again.",
    "Unable to download init_video: 401 Client Error: Unauthorized",
    "generation failed as target_image not found",
    "Unsupported resolution, try again using a smaller one",
    "Invalid image: face not found",
    "face id not found in image",
    "Job failed: face not found",
    "Request rejected because the face was not found",
)
UNKNOWN = ("Request not found", "Job 278 not found", "The request with id 278 was not found", "No such job")


@pytest.mark.parametrize("said", CONGESTED)
def test_try_again_in_the_queues_words_is_congestion(said: str) -> None:
    assert FETCH.read(reply({"status": "failed", "message": said})).state is JobState.CONGESTED
    with pytest.raises(RefusedForNowError):
        SUBMIT.read(reply({"status": "error", "message": said}))


@pytest.mark.parametrize("said", VERDICTS)
@pytest.mark.parametrize("status", ["failed", "error"])
def test_what_is_said_of_the_media_is_a_verdict(said: str, status: str) -> None:
    assert FETCH.read(reply({"status": status, "message": said})).state is JobState.FAILED
    with pytest.raises(RefusedError) as caught:
        SUBMIT.read(reply({"status": status, "message": said}))
    assert type(caught.value) is RefusedError


@pytest.mark.parametrize("said", UNKNOWN)
def test_an_unknown_id_is_said_of_the_request(said: str) -> None:
    assert FETCH.read(reply({"status": "error", "message": said})).state is JobState.UNKNOWN


@pytest.mark.parametrize(
    ("call", "case"), [(SUBMIT, "submit_success_without_link"), (FETCH, "fetch_success_without_link")]
)
def test_a_finished_job_without_a_link_says_so_at_once(call: Any, case: str) -> None:
    job = call.read(read_sample(SAMPLES / case))
    assert job.job_id == "278" and job.state is JobState.NO_RESULT and job.state.settled
    assert job.message.startswith("finished, and its answer holds no http(s) link")


def test_a_picture_that_is_done_at_once_may_have_no_id() -> None:
    job = SUBMIT.read(read_sample(SAMPLES / "submit_success_without_id"))
    assert (job.job_id, job.state, len(job.output)) == ("", JobState.SUCCESS, 1)


def test_a_job_that_failed_at_once_was_taken() -> None:
    job = SUBMIT.read(reply({"status": "failed", "id": 5, "message": "No face found"}))
    assert (job.job_id, job.state, job.message) == ("5", JobState.FAILED, "No face found")


def test_a_lost_connection_is_in_doubt_only_where_something_was_sent() -> None:
    assert isinstance(SUBMIT.broken_off("ReadTimeout", sent=True), InDoubtError)
    assert not isinstance(SUBMIT.broken_off("ConnectError", sent=False), InDoubtError)
