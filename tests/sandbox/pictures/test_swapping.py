"""Results are real swaps: the right face changes, the rest stays, and the sandbox's label is on it."""

from __future__ import annotations

import base64
import io
from typing import Any

import av
import cv2
import numpy as np
import pytest

from airflow_provider_faceswap.sandbox.pictures import faces, images, samples
from airflow_provider_faceswap.sandbox.pictures.faces import Box, Picture, crop, similarity

from ..comparing import ASTRONAUT, ASTRONAUT_IN_DUO, HOPPER_IN_DUO, change, face_of, frames_of, original
from ..modelslab.client import ModelsLabClient
from ..receiver import Receiver


def picture_of(client: ModelsLabClient, reply: dict[str, Any]) -> Picture:
    response = client.http.get(reply["output"][0])
    assert response.headers["content-type"] == "image/jpeg"
    return images.decode(response.content, "output")


def test_multiple_face_swap_puts_the_new_face_in(client: ModelsLabClient) -> None:
    before = original("astronaut.jpg")
    after = picture_of(client, client.submit("multiple_face_swap").json())
    assert change(before, after, ASTRONAUT) > 10
    new_face = face_of("hopper.jpg")
    assert similarity(crop(after, ASTRONAUT), new_face) > similarity(crop(before, ASTRONAUT), new_face) + 0.03
    assert change(before, after, Box(0, 250, 300, 200)) < 3


def test_multiple_face_swap_replaces_every_face(client: ModelsLabClient) -> None:
    url = f"{client.url}/samples/duo.jpg"
    after = picture_of(client, client.submit("multiple_face_swap", init_image=url).json())
    assert change(original("duo.jpg"), after, ASTRONAUT_IN_DUO) > 10
    assert change(original("duo.jpg"), after, HOPPER_IN_DUO) > 4


def test_single_face_swap_replaces_only_the_reference(client: ModelsLabClient) -> None:
    after = picture_of(client, client.submit("single_face_swap").json())
    assert change(original("duo.jpg"), after, HOPPER_IN_DUO) > 10
    assert change(original("duo.jpg"), after, ASTRONAUT_IN_DUO) < 3


def test_the_reference_chooses_the_other_face_too(client: ModelsLabClient) -> None:
    changes = {
        name: f"{client.url}/samples/{file}"
        for name, file in (("target_image", "hopper.jpg"), ("reference_image", "astronaut.jpg"))
    }
    after = picture_of(client, client.submit("single_face_swap", **changes).json())
    assert change(original("duo.jpg"), after, ASTRONAUT_IN_DUO) > 10
    assert change(original("duo.jpg"), after, HOPPER_IN_DUO) < 3


def test_the_label_is_always_there_and_the_watermark_on_demand(client: ModelsLabClient) -> None:
    plain = picture_of(client, client.submit("multiple_face_swap", watermark=False).json())
    marked = picture_of(client, client.submit("multiple_face_swap").json())
    label, mark = Box(0, 0, 60, 20), Box(330, 480, 170, 26)
    assert change(original("astronaut.jpg"), plain, label) > 30
    assert change(original("astronaut.jpg"), plain, mark) < 3
    assert change(plain, marked, mark) > 10


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
def test_pictures_can_be_sent_as_base64(client: ModelsLabClient, prefix: str) -> None:
    fields = {
        field: prefix + base64.b64encode(samples.sample(name)).decode()
        for field, name in (("init_image", "astronaut.jpg"), ("target_image", "hopper.jpg"))
    }
    reply = client.submit("multiple_face_swap", base64=True, **fields).json()
    assert change(original("astronaut.jpg"), picture_of(client, reply), ASTRONAUT) > 10


def test_addresses_with_blanks_around_them_are_read(client: ModelsLabClient) -> None:
    url = f"  {client.url}/samples/astronaut.jpg "
    assert client.submit("multiple_face_swap", init_image=url).json()["status"] == "success"


@pytest.mark.parametrize("operation", ["single_video_swap", "specific_video_swap"])
def test_a_clip_comes_back_as_a_film_that_browsers_play(client: ModelsLabClient, operation: str) -> None:
    reply = client.fetch_until_ended(client.submit(operation).json()["id"])
    response = client.http.get(reply["output"][0])
    assert response.headers["content-type"] == "video/mp4"
    content = response.content
    with av.open(io.BytesIO(content)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(container.duration or 0) / av.time_base == pytest.approx(3, abs=0.2)
    assert content.index(b"moov") < content.index(b"mdat"), "the index must come first"


def test_single_video_swap_changes_the_face_all_the_way(client: ModelsLabClient) -> None:
    reply = client.fetch_until_ended(client.submit("single_video_swap").json()["id"])
    before = frames_of(samples.sample("clip.mp4"))
    after = frames_of(client.http.get(reply["output"][0]).content)
    assert len(after) == len(before)
    for one, other in list(zip(before, after, strict=True))[::4]:
        box = faces.find_faces(one)[0]
        assert change(one, other, box) > 8


def test_specific_video_swap_leaves_the_other_face_alone(client: ModelsLabClient) -> None:
    reply = client.fetch_until_ended(client.submit("specific_video_swap").json()["id"])
    before = frames_of(samples.sample("duo.mp4"))[::6]
    after = frames_of(client.http.get(reply["output"][0]).content)[::6]
    for one, other in zip(before, after, strict=True):
        hopper, astronaut = faces.find_faces(one)[:2]
        assert change(one, other, hopper) > 8
        assert change(one, other, astronaut) < 6


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ("multiple_face_swap", "init_image"),
        ("multiple_face_swap", "target_image"),
        ("single_face_swap", "reference_image"),
        ("single_video_swap", "init_image"),
    ],
)
def test_no_face_fails_the_job(client: ModelsLabClient, operation: str, field: str) -> None:
    submitted = client.submit(operation, **{field: f"{client.url}/samples/landscape.jpg"}).json()
    reply = client.fetch_until_ended(submitted["id"])
    assert (reply["status"], reply["message"]) == ("failed", f"No face detected in {field}.")


def test_a_clip_without_a_face_fails_the_job(client: ModelsLabClient) -> None:
    still = original("landscape.jpg")
    clip = samples.write_clip([still] * 6, samples.RATE)
    with Receiver(clip) as elsewhere:
        submitted = client.submit("single_video_swap", init_video=elsewhere.url).json()
        reply = client.fetch_until_ended(submitted["id"])
    assert (reply["status"], reply["message"]) == ("failed", "No face detected in init_video.")


def test_inputs_are_fetched_from_elsewhere(client: ModelsLabClient) -> None:
    with Receiver(samples.sample("astronaut.jpg")) as elsewhere:
        reply = client.submit("multiple_face_swap", init_image=elsewhere.url).json()
    assert change(original("astronaut.jpg"), picture_of(client, reply), ASTRONAUT) > 10


def test_an_input_that_cannot_be_fetched_fails_the_job(client: ModelsLabClient) -> None:
    for url in (
        f"{client.url}/samples/none.jpg",
        "http://127.0.0.1:9/picture.jpg",
        f"{client.url}/generations/x",
    ):
        reply = client.submit("multiple_face_swap", target_image=url).json()
        assert reply["status"] == "failed"
        assert reply["message"].startswith("Could not download target_image.")


def test_an_input_that_is_not_a_picture_fails_the_job(client: ModelsLabClient) -> None:
    reply = client.submit("multiple_face_swap", target_image=f"{client.url}/").json()
    assert (reply["status"], reply["message"]) == ("failed", "The file in target_image is not a valid image.")
    submitted = client.submit("single_video_swap", init_video=f"{client.url}/").json()
    reply = client.fetch_until_ended(submitted["id"])
    assert (reply["status"], reply["message"]) == ("failed", "The file in init_video is not a valid video.")


def test_the_same_contents_are_computed_once(client: ModelsLabClient) -> None:
    client.submit("multiple_face_swap", watermark=False)
    before = client.counts()["renderings"]
    urls = set()
    for number in range(20):
        url = f"{client.url}/samples/astronaut.jpg?n={number}"
        urls.add(client.submit("multiple_face_swap", init_image=url, watermark=False).json()["output"][0])
    assert client.counts()["renderings"] == before
    assert len(urls) == 20


def test_two_references_never_share_a_face() -> None:
    duo, hopper = original("duo.jpg"), face_of("hopper.jpg")
    boxes = faces.find_faces(duo)
    found = faces.best_matches(duo, boxes, {0: hopper, 1: face_of("astronaut.jpg"), 2: hopper})
    assert (len(boxes), sorted(found.values())) == (2, sorted(boxes))
    assert faces.best_matches(duo, boxes[:1], {0: hopper, 1: hopper}).keys() == {1}


def test_a_face_is_found_in_a_close_crop() -> None:
    tight = crop(original("hopper.jpg"), Box(165, 115, 200, 200))
    assert faces.find_in_crop(np.ascontiguousarray(tight)) is not None
    assert faces.find_in_crop(cv2.resize(original("landscape.jpg"), (200, 200)).astype(np.uint8)) is None
