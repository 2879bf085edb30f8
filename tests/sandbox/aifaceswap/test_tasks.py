"""aifaceswap.io takes tasks and names their price; extractions answer with the faces."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from airflow_provider_faceswap.sandbox.pictures import faces, images
from airflow_provider_faceswap.sandbox.pictures.faces import Picture
from airflow_provider_faceswap.sandbox.pictures.samples import sample

from ..comparing import ASTRONAUT, ASTRONAUT_IN_DUO, HOPPER_IN_DUO, change, frames_of, original
from ..receiver import Receiver
from ..recorded import shape
from .client import ASTRONAUT as ASTRONAUT_CORNERS
from .client import HOPPER, OPERATIONS, RECORDED, TASKS, AIFaceSwapClient, face_ref

VIDEO = ("video_faceswap", "multi_video_faceswap")


def result_of(client: AIFaceSwapClient, receiver: Receiver, operation: str, **changes: Any) -> bytes:
    reply = client.call(operation, webhook=receiver.url, **changes).json()
    body = receiver.received.get(timeout=60)
    assert (body["success"], body["task_id"]) == (1, reply["data"]["task_id"])
    return client.http.get(body["result_image"]).content


def picture(content: bytes) -> Picture:
    return images.decode(content, "result")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_reply_has_the_documented_shape(aifaceswap: AIFaceSwapClient, operation: str) -> None:
    response = aifaceswap.call(operation)
    case = f"submit_{operation}" if operation in TASKS else operation
    assert (response.status_code, shape(response.json())) == (200, RECORDED.shape(case))
    assert response.json().keys() == RECORDED.body(case).keys()
    assert (response.json()["code"], response.json()["message"]) == (200, "OK")
    assert aifaceswap.counts()["accepted"] == {operation: 1}


def test_a_task_id_is_32_hexadecimal_digits(aifaceswap: AIFaceSwapClient) -> None:
    task_id = aifaceswap.call("faceswap").json()["data"]["task_id"]
    assert len(bytes.fromhex(task_id)) == 16
    assert aifaceswap.control(f"jobs?id={task_id}")["jobs"][0]["operation"] == "faceswap"


@pytest.mark.parametrize("operation", ["extract_face", "extract_base64_face"])
def test_faces_are_really_found_and_listed_from_left_to_right(
    aifaceswap: AIFaceSwapClient, operation: str
) -> None:
    data = aifaceswap.call(operation).json()["data"]
    boxes = data["faces" if operation == "extract_face" else "pos"]
    assert boxes == [list(ASTRONAUT_CORNERS), list(HOPPER)]
    assert data.get("points") == (2 if operation == "extract_face" else None)


def test_no_face_is_an_empty_list_and_costs_the_same(aifaceswap: AIFaceSwapClient) -> None:
    before = aifaceswap.credits("aifaceswap")
    reply = aifaceswap.call("extract_face", img=aifaceswap.sample("landscape.jpg")).json()
    assert reply == RECORDED.body("extract_face_none")
    landscape = base64.b64encode(sample("landscape.jpg")).decode()
    reply = aifaceswap.call("extract_base64_face", base64_img=landscape).json()
    assert reply == RECORDED.body("extract_base64_face_none")
    assert aifaceswap.credits("aifaceswap") == before - 4


def test_boxes_are_in_the_pixels_of_a_large_picture(aifaceswap: AIFaceSwapClient) -> None:
    large = original("duo.jpg").repeat(4, axis=0).repeat(4, axis=1)
    text = base64.b64encode(images.encode(large)).decode()
    boxes = aifaceswap.call("extract_base64_face", base64_img=text).json()["data"]["pos"]
    for box, small in zip(boxes, (ASTRONAUT_CORNERS, HOPPER), strict=True):
        assert box == pytest.approx([side * 4 for side in small], abs=50)


def test_faceswap_changes_the_face(aifaceswap: AIFaceSwapClient, receiver: Receiver) -> None:
    after = picture(result_of(aifaceswap, receiver, "faceswap"))
    assert change(original("astronaut.jpg"), after, ASTRONAUT) > 10


def test_faceswap_changes_one_face_of_several(aifaceswap: AIFaceSwapClient, receiver: Receiver) -> None:
    fields = {"source_image": "duo.jpg", "face_image": "astronaut.jpg"}
    urls = {name: aifaceswap.sample(file) for name, file in fields.items()}
    after = picture(result_of(aifaceswap, receiver, "faceswap", **urls))
    assert change(original("duo.jpg"), after, HOPPER_IN_DUO) > 10
    assert change(original("duo.jpg"), after, ASTRONAUT_IN_DUO) < 3


@pytest.mark.parametrize(
    ("index", "changed"), [([0], (True, False)), ([1], (False, True)), ([0, 1], (True, True))]
)
def test_the_index_counts_the_faces_as_extract_face_gives_them(
    aifaceswap: AIFaceSwapClient, receiver: Receiver, index: list[int], changed: tuple[bool, bool]
) -> None:
    new = {0: aifaceswap.sample("hopper.jpg"), 1: aifaceswap.sample("astronaut.jpg")}
    content = result_of(
        aifaceswap, receiver, "multi_faceswap", index=index, face_image=[new[i] for i in index]
    )
    boxes = (ASTRONAUT_IN_DUO, HOPPER_IN_DUO)
    assert tuple(change(original("duo.jpg"), picture(content), box) > 6 for box in boxes) == changed


def test_a_clip_is_swapped(aifaceswap: AIFaceSwapClient, receiver: Receiver) -> None:
    after = frames_of(result_of(aifaceswap, receiver, "video_faceswap"))
    for one, other in list(zip(frames_of(sample("clip.mp4")), after, strict=True))[::6]:
        assert change(one, other, faces.find_faces(one)[0]) > 8


def test_each_reference_gets_its_own_new_face(aifaceswap: AIFaceSwapClient, receiver: Receiver) -> None:
    hopper, astronaut = aifaceswap.sample("hopper.jpg"), aifaceswap.sample("astronaut.jpg")
    crossed = [
        {"face_ref": face_ref(ASTRONAUT_CORNERS), "face_url": hopper},
        {"face_ref": face_ref(HOPPER), "face_url": astronaut},
    ]
    before = frames_of(sample("duo.mp4"))[::6]
    both = frames_of(result_of(aifaceswap, receiver, "multi_video_faceswap", ref_info=crossed))[::6]
    one = frames_of(result_of(aifaceswap, receiver, "multi_video_faceswap", ref_info=crossed[:1]))[::6]
    for frame, with_both, with_one in zip(before, both, one, strict=True):
        larger, smaller = faces.find_faces(frame)[:2]
        assert change(frame, with_both, smaller) > 8
        assert change(frame, with_both, larger) > 8
        assert change(frame, with_one, smaller) > 8
        assert change(frame, with_one, larger) < 6


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_base64_with_and_without_its_head(aifaceswap: AIFaceSwapClient, prefix: str) -> None:
    text = prefix + base64.b64encode(sample("hopper.jpg")).decode()
    assert len(aifaceswap.call("extract_base64_face", base64_img=text).json()["data"]["pos"]) == 1


def test_files_can_be_sent_as_a_form(aifaceswap: AIFaceSwapClient, receiver: Receiver) -> None:
    def post(operation: str, files: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
        address, headers = aifaceswap.address(operation), aifaceswap.headers()
        reply: dict[str, Any] = aifaceswap.http.post(
            address, files=files, data=fields, headers=headers
        ).json()
        return reply

    scene = ("a.jpg", sample("astronaut.jpg"), "image/jpeg")
    fields = {"face_image": aifaceswap.sample("hopper.jpg"), "webhook": receiver.url}
    assert shape(post("faceswap", {"source_image": scene}, fields)) == RECORDED.shape("submit_faceswap")
    result = aifaceswap.http.get(receiver.received.get(timeout=60)["result_image"]).content
    assert result == result_of(aifaceswap, receiver, "faceswap")
    found = post("extract_face", {"img": ("d.jpg", sample("duo.jpg"))}, {})
    assert found["data"]["faces"] == [list(ASTRONAUT_CORNERS), list(HOPPER)]
    refused = post("multi_faceswap", {"source_image": scene}, {"webhook": receiver.url})
    assert (refused["code"], refused["message"]) == (400, "Content-Type must be application/json")


@pytest.mark.parametrize(
    ("operation", "changes", "points"),
    [
        ("faceswap", {}, 2),
        ("multi_faceswap", {}, 5),
        ("video_faceswap", {"duration": 5}, 10),
        ("video_faceswap", {"duration": 5, "enhance": 1}, 20),
        ("video_faceswap", {"duration": 5, "enhance": 2}, 30),
        ("video_faceswap", {"duration": 5, "enhance": ...}, 10),
        ("video_faceswap", {"duration": 2.3}, 5),
        ("video_faceswap", {"duration": 1.1, "enhance": 1}, 5),
        ("multi_video_faceswap", {"duration": 5}, 20),
        ("multi_video_faceswap", {"duration": 5, "enhance": 1}, 30),
        ("multi_video_faceswap", {"duration": 5, "enhance": 2}, 40),
    ],
)
def test_the_price(
    aifaceswap: AIFaceSwapClient, operation: str, changes: dict[str, Any], points: int
) -> None:
    aifaceswap.control("progress", {"outcome": "failed"})
    before = aifaceswap.credits("aifaceswap")
    assert aifaceswap.call(operation, **changes).json()["data"]["points"] == points
    assert aifaceswap.credits("aifaceswap") == before - points


@pytest.mark.parametrize(
    ("changes", "points"), [({"duration": 2, "enhance": 2}, 24), ({"duration": 1.1, "enhance": 1}, 11)]
)
def test_the_price_of_three_faces_in_a_clip(
    aifaceswap: AIFaceSwapClient, changes: dict[str, Any], points: int
) -> None:
    aifaceswap.control("progress", {"outcome": "failed"})
    one = aifaceswap.fields("multi_video_faceswap")["ref_info"][0]
    reply = aifaceswap.call("multi_video_faceswap", ref_info=[one] * 3, **changes).json()
    assert reply["data"]["points"] == points


def test_a_slow_extraction(aifaceswap: AIFaceSwapClient) -> None:
    aifaceswap.call("extract_face")
    aifaceswap.control("progress", {"after_seconds": 0.3})
    response = aifaceswap.call("extract_face")
    assert response.elapsed.total_seconds() >= 0.3
    assert response.json()["code"] == 200


def test_an_extraction_that_fails_by_policy(aifaceswap: AIFaceSwapClient) -> None:
    aifaceswap.control("progress", {"outcome": "failed", "message": "Out of memory."})
    reply = aifaceswap.call("extract_face").json()
    assert (reply["code"], reply["message"]) == (500, "Out of memory.")


def test_repeated_submissions_are_counted_although_their_webhooks_differ(
    aifaceswap: AIFaceSwapClient,
) -> None:
    aifaceswap.control("progress", {"outcome": "never"})
    for number in (1, 2):
        aifaceswap.call("faceswap", webhook=f"{aifaceswap.url}/nowhere/{number}")
    counts = aifaceswap.counts()
    assert (counts["accepted"], counts["duplicates"], counts["queued"]) == ({"faceswap": 2}, 1, 2)
