from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_faceswap.apis.aifaceswap import VENDOR, ExtractBase64Face, ExtractFace, FaceSwap
from airflow_provider_faceswap.apis.aifaceswap_callback import read_callback
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, PollError, RefusedError
from tests.apis.recorded import cases, outcome, read

URL = "https://example.com/a.png"
CROP = "/9j/4AAQ"
REFERENCE = {"face_ref": CROP, "face_url": URL}
INPUTS: dict[str, dict[str, Any]] = {
    "faceswap": {"source_image": URL, "face_image": URL},
    "multi_faceswap": {"source_image": URL, "face_image": [URL, URL], "index": [0, 2]},
    "video_faceswap": {"source_video": URL, "face_image": URL, "duration": 5},
    "multi_video_faceswap": {"source_video": URL, "ref_info": [REFERENCE], "duration": 5},
    "extract_face": {"img": URL},
    "extract_base64_face": {"base64_img": CROP},
}
SUBMIT = FaceSwap.checked(INPUTS["faceswap"])
REFUSED = ("submit_no_credits", "submit_missing_field", "submit_missing_duration", "submit_error_data_null")
SUBMITTED = {
    **dict.fromkeys(REFUSED, "RefusedError"),
    "submit_rate_limited_200": "RefusedForNowError",
    "submit_rate_limited_429": "RefusedForNowError",
    "submit_unauthorised_200": "AuthenticationError",
    "submit_unauthorised_401": "AuthenticationError",
    "submit_faceswap": "processing",
    "submit_multi_faceswap": "processing",
    "submit_video_faceswap": "processing",
    "submit_multi_video_faceswap": "processing",
    "submit_code_zero": "processing",
    "submit_code_201": "processing",
    "submit_code_text_200": "processing",
    "submit_code_success": "processing",
    "submit_code_zero_without_task_id": "InDoubtError",
    "submit_refusal_with_task_id": "InDoubtError",
}


@pytest.mark.parametrize("case", cases("aifaceswap", "submit"))
def test_every_recorded_answer_to_a_submission(case: str) -> None:
    assert outcome(SUBMIT, read("aifaceswap", case)) == SUBMITTED.get(case, "InDoubtError")


@pytest.mark.parametrize(
    ("case", "faces"),
    [
        ("extract_face", ((146, 256, 240, 381), (297, 521, 371, 621), (441, 208, 529, 332))),
        ("extract_face_none", ()),
    ],
)
def test_the_faces_of_a_picture(case: str, faces: Any) -> None:
    job = ExtractFace.checked(INPUTS["extract_face"]).read(read("aifaceswap", case))
    assert job.faces == faces and job.cost is not None and job.cost.amount == 2


def test_a_face_that_the_edge_cuts_off_reaches_out_of_the_picture() -> None:
    body = b'{"code": 200, "data": {"faces": [[-4, 521, 71.5, 621]], "points": 2}}'
    assert ExtractFace.checked(INPUTS["extract_face"]).read(Reply(200, {}, body)).faces == (
        (-4, 521, 71, 621),
    )


@pytest.mark.parametrize("number", ["1e400", "NaN", "-1e9", "true", '"left"'])
def test_what_cannot_be_a_box_leaves_an_extraction_in_doubt(number: str) -> None:
    body = b'{"code": 200, "data": {"faces": [[%s, 1, 2, 3]]}}' % number.encode()
    assert outcome(ExtractFace.checked(INPUTS["extract_face"]), Reply(200, {}, body)) == "InDoubtError"


@pytest.mark.parametrize("case", ["extract_base64_face", "extract_base64_face_as_printed"])
def test_the_faces_of_a_frame_also_as_the_page_prints_them(case: str) -> None:
    job = ExtractBase64Face.checked(INPUTS["extract_base64_face"]).read(read("aifaceswap", case))
    assert job.faces == ((568, 332, 655, 476), (1078, 170, 1169, 290))


def test_a_refused_extraction() -> None:
    call = ExtractFace.checked(INPUTS["extract_face"])
    assert outcome(call, read("aifaceswap", "extract_face_unreadable")) == "RefusedError"


def test_an_account_without_coins_is_no_fault_of_the_inputs() -> None:
    call = ExtractFace.checked(INPUTS["extract_face"])
    with pytest.raises(RefusedError) as caught:
        call.read(Reply(200, {}, b'{"code": 402, "message": "Payment required"}'))
    assert caught.value.account


@pytest.mark.parametrize("case", cases("aifaceswap", "callback"))
def test_every_recorded_callback(case: str) -> None:
    job = read_callback(read("aifaceswap", case).body)
    ended_well = case in (
        "callback_form", "callback_more_fields", "callback_success", "callback_success_multi",
        "callback_success_video", "callback_text_numbers", "callback_unknown_type",
    )  # fmt: skip
    assert (job.state.value, bool(job.output)) == (("success", True) if ended_well else ("failed", False))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"task_id": "../x", "success": 1}',
        b"\xff\xfe",
        b'{"task_id": "a"}',
    ],
)
def test_rubbish_is_no_callback(body: bytes) -> None:
    with pytest.raises(PollError):
        read_callback(body)


@pytest.mark.parametrize("operation", INPUTS)
def test_path_and_body_are_the_documented_ones(operation: str) -> None:
    call = VENDOR.operations[operation].checked(INPUTS[operation])
    assert call.path({}) == f"/api/aifaceswap/v1/{operation}"
    enhance = {"enhance": 0} if "video" in operation else {}
    webhook = {} if operation.startswith("extract") else {"webhook": ""}
    assert call.body() == {**INPUTS[operation], **enhance, **webhook}


def test_a_file_is_kept_out_of_the_body() -> None:
    call = FaceSwap.checked({"source_image": b"\xff\xd8\xffjpeg", "face_image": URL})
    assert call.files() == {"source_image": b"\xff\xd8\xffjpeg"}
    assert "source_image" not in call.body()


@pytest.mark.parametrize(
    ("operation", "change", "credits"),
    [
        ("faceswap", {}, 2),
        ("extract_face", {}, 2),
        ("extract_base64_face", {}, 2),
        ("multi_faceswap", {}, 5),
        ("video_faceswap", {}, 10),
        ("video_faceswap", {"enhance": 1}, 20),
        ("video_faceswap", {"enhance": "1"}, 20),
        ("video_faceswap", {"enhance": 2, "duration": 4.2}, 30),
        ("multi_video_faceswap", {}, 20),
        ("multi_video_faceswap", {"enhance": 1}, 30),
        ("multi_video_faceswap", {"enhance": 2, "ref_info": [REFERENCE] * 3}, 60),
    ],
)
def test_the_price_is_that_of_the_documented_table(
    operation: str, change: dict[str, Any], credits: int
) -> None:
    price = VENDOR.operations[operation].checked({**INPUTS[operation], **change}).price()
    assert price is not None and price.amount == credits


@pytest.mark.parametrize(
    ("operation", "change", "field"),
    [
        ("faceswap", {"source_image": "a.png"}, "source_image"),
        ("faceswap", {"face_image": b""}, "face_image"),
        ("multi_faceswap", {"index": [0]}, "index"),
        ("multi_faceswap", {"index": [0, -1]}, "index.1"),
        ("multi_faceswap", {"face_image": []}, "face_image"),
        ("video_faceswap", {"duration": 0}, "duration"),
        ("video_faceswap", {"duration": None}, "duration"),
        ("video_faceswap", {"enhance": 3}, "enhance"),
        ("video_faceswap", {"enhance": "3"}, "enhance"),
        ("video_faceswap", {"enhance": ""}, "enhance"),
        ("multi_video_faceswap", {"ref_info": [REFERENCE] * 4}, "ref_info"),
        ("multi_video_faceswap", {"ref_info": [{"face_url": URL}]}, "ref_info.0.face_ref"),
        ("extract_base64_face", {"base64_img": "***"}, "base64_img"),
    ],
)
def test_a_bad_input_is_named(operation: str, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        VENDOR.operations[operation].checked({**INPUTS[operation], **change})
    assert caught.value.field == field


def test_templates_render_lists_as_text_which_is_said(recwarn: Any) -> None:
    with pytest.raises(FaceSwapError, match="index"):
        VENDOR.operations["multi_faceswap"].checked({**INPUTS["multi_faceswap"], "index": "[0, 2]"})
