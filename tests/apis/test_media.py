from __future__ import annotations

import pytest

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.aifaceswap import MultiVideoFaceSwap
from airflow_provider_faceswap.apis.media import Media, from_parts, map_media, slots
from airflow_provider_faceswap.apis.request import Submission

OPERATIONS = [request for name in VENDORS for request in vendor(name).operations.values()]
PARTS = {"face": "F", "target": "T", "reference": "R"}


@pytest.mark.parametrize("request_class", OPERATIONS, ids=lambda request: request.__name__)
def test_every_operation_declares_its_media(request_class: type[Submission]) -> None:
    found = slots(request_class)
    assert found
    parts = {slot.media.part for slot in found}
    assert parts == {None} or {"face", "target"} <= parts
    for slot in found:
        assert slot.media.url or slot.media.content, "there must be a way to the vendor"


@pytest.mark.parametrize(
    ("provider", "operation", "fields"),
    [
        # The same name means another part in ModelsLab's picture and clip operations.
        ("modelslab", "multiple_face_swap", {"init_image": "T", "target_image": "F"}),
        ("modelslab", "single_video_swap", {"init_image": "F", "init_video": "T"}),
        ("segmind", "faceswap-v2", {"source_img": "F", "target_img": "T"}),
        ("aifaceswap", "faceswap", {"source_image": "T", "face_image": "F"}),
        ("aifaceswap", "multi_faceswap", {"source_image": "T", "face_image": ["F"]}),
        (
            "aifaceswap",
            "multi_video_faceswap",
            {"source_video": "T", "ref_info": [{"face_ref": "R", "face_url": "F"}]},
        ),
    ],
)
def test_parts_become_the_vendors_fields(provider: str, operation: str, fields: dict[str, object]) -> None:
    assert from_parts(vendor(provider).submission(operation), PARTS) == fields


def test_media_within_lists_are_replaced_by_name() -> None:
    given = {"source_video": "v", "ref_info": [{"face_ref": "a", "face_url": "b"}, {"face_url": "c"}]}
    seen = {}

    def note(name: str, value: str, media: Media) -> str:
        assert media.kind == ("video" if name == "source_video" else "image")
        seen[name] = value
        return value.upper()

    changed = map_media(MultiVideoFaceSwap, given, note)
    assert seen == {
        "source_video": "v",
        "ref_info.0.face_ref": "a",
        "ref_info.0.face_url": "b",
        "ref_info.1.face_url": "c",
    }
    assert changed == {
        "source_video": "V",
        "ref_info": [{"face_ref": "A", "face_url": "B"}, {"face_url": "C"}],
    }
    assert given["source_video"] == "v"


@pytest.mark.parametrize("ref_info", [None, "text", [1], [[]], {"face_ref": "x"}])
def test_another_shape_is_left_to_the_requests_own_check(ref_info: object) -> None:
    fields = {"ref_info": ref_info}
    assert map_media(MultiVideoFaceSwap, fields, lambda *_: "replaced") == fields
