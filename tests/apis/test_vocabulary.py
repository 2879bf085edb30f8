"""What a Dag asks for in the common vocabulary, and which operation with which fields that is."""

from __future__ import annotations

import importlib
import sys
from base64 import b64decode
from typing import Annotated, Any, ClassVar

import pytest

from airflow_provider_faceswap.apis import VENDORS, vendor, vocabulary
from airflow_provider_faceswap.apis.contract import Vendor
from airflow_provider_faceswap.apis.fields import OptionalUrl
from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.media import Media
from airflow_provider_faceswap.apis.vocabulary import (
    choose,
    kind_by_content,
    kind_by_name,
    option_names,
    part_of,
)
from airflow_provider_faceswap.exceptions import InputError
from tests.recipe.apis_acme import Status, Swap

FACE, TARGET, REFERENCE = "https://a.example/f", "https://a.example/t", "https://a.example/r"
TWO = {"face": FACE, "target": TARGET}
THREE = {**TWO, "reference": REFERENCE}
JPEG = "/9j/4AAQSkZJRg=="


@pytest.mark.parametrize(
    ("provider", "kind", "parts", "options", "endpoint", "fields"),
    [
        ("modelslab", "image", TWO, {}, "multiple_face_swap", {"init_image": TARGET, "target_image": FACE}),
        (
            "modelslab", "image", THREE, {}, "single_face_swap",
            {"init_image": TARGET, "target_image": FACE, "reference_image": REFERENCE},
        ),
        ("modelslab", "video", TWO, {}, "single_video_swap", {"init_image": FACE, "init_video": TARGET}),
        (
            "modelslab", "video", THREE, {"watermark": False}, "specific_video_swap",
            {"init_image": FACE, "init_video": TARGET, "reference_image": REFERENCE, "watermark": False},
        ),
        ("segmind", "image", TWO, {}, "v2/faceswap-v2", {"source_img": FACE, "target_img": TARGET}),
        (
            "segmind", "image", TWO, {"api_version": "v2"}, "v2/faceswap-v2",
            {"source_img": FACE, "target_img": TARGET},
        ),
        (
            "segmind", "image", TWO, {"api_version": "v1", "base64": True}, "faceswap-v2",
            {"source_img": FACE, "target_img": TARGET, "base64": True},
        ),
        ("aifaceswap", "image", TWO, {}, "faceswap", {"source_image": TARGET, "face_image": FACE}),
        (
            "aifaceswap", "image", TWO, {"index": [1]}, "multi_faceswap",
            {"source_image": TARGET, "face_image": [FACE], "index": [1]},
        ),
        (
            "aifaceswap", "video", TWO, {"enhance": 1}, "video_faceswap",
            {"source_video": TARGET, "face_image": FACE, "enhance": 1},
        ),
        (
            "aifaceswap", "video", {**TWO, "reference": JPEG}, {}, "multi_video_faceswap",
            {"source_video": TARGET, "ref_info": [{"face_ref": JPEG, "face_url": FACE}]},
        ),
    ],
)  # fmt: skip
def test_what_is_given_becomes_an_operation_and_its_fields(
    provider: str,
    kind: Kind,
    parts: dict[str, str],
    options: dict[str, Any],
    endpoint: str,
    fields: dict[str, Any],
) -> None:
    choice = choose(vendor(provider), kind, parts, options)
    assert (choice.endpoint, choice.fields) == (endpoint, fields)


@pytest.mark.parametrize(
    ("provider", "kind", "parts", "sentence"),
    [
        (
            "segmind", "video", TWO,
            "target: Segmind has no operation for a clip; give the conn_id of a vendor that has one: "
            "ModelsLab (single_video_swap), aifaceswap.io (video_faceswap)",
        ),
        (
            "segmind", "video", THREE,
            "target: Segmind has no operation for a clip with a reference; give the conn_id of a vendor that "
            "has one: ModelsLab (specific_video_swap), aifaceswap.io (multi_video_faceswap)",
        ),
        (
            "aifaceswap", "image", THREE,
            "reference: aifaceswap.io has no operation for a picture with a reference; give the conn_id of a "
            "vendor that has one: ModelsLab (single_face_swap)",
        ),
    ],
)  # fmt: skip
def test_a_vendor_without_such_an_operation_is_one_sentence_that_names_the_others(
    provider: str, kind: Kind, parts: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        choose(vendor(provider), kind, parts, {})
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("provider", "kind", "options", "sentence"),
    [
        (
            "modelslab", "video", {"duration": 5},
            "options: 'duration' is not an option of ModelsLab here: single_video_swap takes watermark, "
            "webhook, track_id, output_format",
        ),
        (
            "aifaceswap", "image", {"watermark": True},
            "options: 'watermark' is not an option of aifaceswap.io here: faceswap takes none; "
            "multi_faceswap takes index",
        ),
        (
            "segmind", "image", {"seed": 1},
            "options: 'seed' is not an option of Segmind here: faceswap-v2 takes input_faces_index, "
            "source_faces_index, face_restore, base64, api_version",
        ),
        ("segmind", "image", {"api_version": "v3"}, "options: 'api_version' must be 'v1' or 'v2'"),
        (
            "modelslab", "video", {"init_video": TARGET},
            "options: 'init_video' is not an option: give it as target",
        ),
        (
            "modelslab", "image", {"init_image": TARGET},
            "options: 'init_image' is not an option: give it as target",
        ),
    ],
)  # fmt: skip
def test_an_option_that_is_not_known_is_named_with_the_known(
    provider: str, kind: Kind, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        choose(vendor(provider), kind, TWO, options)
    assert str(caught.value) == sentence


def test_a_url_is_refused_where_the_vendor_takes_the_picture_itself() -> None:
    with pytest.raises(InputError) as caught:
        choose(vendor("aifaceswap"), "video", THREE, {})
    assert str(caught.value) == (
        "reference: must be a path or base64 text: aifaceswap.io's multi_video_faceswap takes the picture "
        "itself and no URL"
    )


def test_an_option_that_holds_two_parts_is_given_as_both() -> None:
    with pytest.raises(InputError, match="'ref_info' is not an option: give it as reference and face"):
        choose(vendor("aifaceswap"), "video", THREE, {"ref_info": []})


def test_the_callback_url_that_we_fill_in_is_not_an_option() -> None:
    for request in vendor("aifaceswap").operations.values():
        assert "webhook" not in option_names(request)
    assert "webhook" in option_names(vendor("modelslab").operations["single_video_swap"])


@pytest.mark.parametrize(
    ("provider", "operation", "name", "part"),
    [
        ("modelslab", "single_face_swap", "init_image", "target"),
        ("modelslab", "single_video_swap", "init_image", "face"),
        ("aifaceswap", "multi_faceswap", "face_image.0", "face"),
        ("aifaceswap", "multi_video_faceswap", "ref_info.0.face_ref", "reference"),
        ("aifaceswap", "multi_video_faceswap", "ref_info.0.face_url", "face"),
        ("aifaceswap", "multi_video_faceswap", "ref_info", None),
        ("aifaceswap", "extract_face", "img", None),
        ("modelslab", "single_video_swap", "watermark", None),
    ],
)
def test_a_field_of_an_error_is_named_by_its_part(
    provider: str, operation: str, name: str, part: str | None
) -> None:
    assert part_of(vendor(provider).submission(operation), name) == part


@pytest.mark.parametrize("text", [JPEG, f"data:image/jpeg;base64,{JPEG}", f"{JPEG[:8]}\n{JPEG[8:]}"])
def test_base64_text_is_a_file_where_the_vendor_takes_files(text: str) -> None:
    choice = choose(vendor("aifaceswap"), "image", {"face": text, "target": TARGET}, {})
    assert choice.fields == {"face_image": b64decode(JPEG), "source_image": TARGET}


def test_text_that_is_not_base64_is_left_to_the_requests_own_check() -> None:
    choice = choose(vendor("aifaceswap"), "image", {"face": "photo", "target": TARGET}, {})
    assert choice.fields["face_image"] == "photo"


def test_no_flag_is_set_that_does_not_send_content() -> None:
    """Segmind's ``base64`` is about its answer."""
    for provider, kind in (("segmind", "image"), ("modelslab", "video")):
        choice = choose(vendor(provider), kind, {"face": "/data/f.jpg", "target": "/data/t"}, {})  # type: ignore[arg-type]
        assert "base64" not in choice.fields


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("https://a.example/clip.MP4?X-Amz-Signature=a.jpg", "video"),
        ("https://a.example/face.jpeg#x.mp4", "image"),
        ("s3://conn@bucket/2026.11/clip.mov", "video"),
        ("s3://conn@bucket/2026.mp4/object", None),
        ("file:///data/a.webp", "image"),
        ("/data/a.png", "image"),
        ("https://a.example/media/17", None),
        ("https://mp4", None),
        ("gs://bucket/object", None),
        ("/data/object", None),
        (JPEG, "image"),
        ("iVBORw0KGgo=", "image"),
        ("data:image/png;base64,iVBORw0KGgo=", "image"),
    ],
)
def test_a_kind_by_its_name(media: str, kind: Kind | None) -> None:
    assert kind_by_name(media) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image"),
        (b"GIF89a", "image"),
        (b"\x00\x00\x00\x20ftypisom", "video"),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_a_kind_by_its_first_bytes(head: bytes, kind: Kind | None) -> None:
    assert kind_by_content(head) == kind


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VENDORS, "acme", "Acme")
    module = importlib.import_module("tests.recipe.apis_acme")
    monkeypatch.setitem(sys.modules, "airflow_provider_faceswap.apis.acme", module)


def test_a_new_vendor_is_chosen_and_named_for_nothing(acme: None) -> None:
    choice = choose(vendor("acme"), "video", TWO, {})
    assert (choice.endpoint, choice.fields) == ("swap", {"face": FACE, "clip": TARGET})
    with pytest.raises(InputError, match=r"target: Segmind .* a clip; .*, Acme \(swap\)$"):
        choose(vendor("segmind"), "video", TWO, {})
    with pytest.raises(InputError, match="reference: Acme has no operation for a clip with a reference"):
        choose(vendor("acme"), "video", THREE, {})
    with pytest.raises(InputError, match="target: Acme has no operation for a picture; give"):
        choose(vendor("acme"), "image", TWO, {})
    with pytest.raises(InputError, match="'enhance' is not an option of Acme here: swap takes none"):
        choose(vendor("acme"), "video", TWO, {"enhance": 1})


def test_what_no_vendor_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "VENDORS", {"segmind": "Segmind"})
    with pytest.raises(InputError, match="Segmind has no operation for a clip; no vendor has one"):
        choose(vendor("segmind"), "video", TWO, {})


class _Either(Swap):
    operation: ClassVar[str] = "either"

    reference: Annotated[OptionalUrl, Media("image", "reference")] = None


def test_an_operation_may_do_without_a_part() -> None:
    either = Vendor(name="acme", title="Acme", hook="", operations={"either": _Either}, poll=Status)
    assert choose(either, "video", TWO, {}).fields == {"face": FACE, "clip": TARGET}
    assert choose(either, "video", THREE, {}).fields["reference"] == REFERENCE
