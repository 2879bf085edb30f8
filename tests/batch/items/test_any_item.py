"""Whatever an item holds, it becomes a row or a fault."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.media import slots
from airflow_provider_faceswap.batch.items.frozen import freeze, thaw
from airflow_provider_faceswap.batch.items.raw import RawItem
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.storage.places import LocalPlace
from tests.batch.items.listing import BASE64, CLIP, FACE, LINK, PICTURE, rows

_OWN = {
    name
    for provider in VENDORS
    for request in vendor(provider).operations.values()
    for name in request.model_fields
}
_COMMON = {
    "face", "target", "reference", "kind", "api_version",
    "output_name", "consent_reference", "idempotency_key",
}  # fmt: skip
NAMES = st.sampled_from(sorted(_OWN | _COMMON)) | st.text(max_size=5)
TEXTS = st.sampled_from(
    [
        FACE,
        CLIP,
        PICTURE,
        LINK,
        BASE64,
        "video",
        "/data/a.jpg",
        "file://",
        "https://[",
        "s3://",
        "::",
        "1",
        "[1]",
        "{",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | TEXTS | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["face_ref", "face_url"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)
# A good row of each swap, so that some of what is changed in it still makes a row.
_ONE = {"init_image": FACE, "init_video": CLIP}
_PICTURES = {"init_image": FACE, "target_image": LINK}
_FACES = [{"face_ref": FACE, "face_url": LINK}]
GOOD: dict[tuple[str, str | None], dict[str, Any]] = {
    ("modelslab", "single_video_swap"): _ONE,
    ("modelslab", "specific_video_swap"): {**_ONE, "reference_image": FACE},
    ("modelslab", "multiple_face_swap"): _PICTURES,
    ("modelslab", "single_face_swap"): {**_PICTURES, "reference_image": FACE},
    ("modelslab", None): {"face": FACE, "target": CLIP},
    ("segmind", "faceswap-v2"): {"source_img": FACE, "target_img": LINK},
    ("segmind", "v2/faceswap-v2"): {"source_img": FACE, "target_img": LINK},
    ("segmind", None): {"face": FACE, "target": PICTURE},
    ("aifaceswap", "faceswap"): {"source_image": LINK, "face_image": FACE},
    ("aifaceswap", "multi_faceswap"): {"source_image": LINK, "face_image": [FACE, LINK], "index": [0, 1]},
    ("aifaceswap", "video_faceswap"): {"source_video": CLIP, "face_image": LINK},
    ("aifaceswap", "multi_video_faceswap"): {"source_video": CLIP, "ref_info": _FACES},
    ("aifaceswap", None): {"face": FACE, "target": PICTURE},
}


def test_there_is_a_good_row_of_each_swap() -> None:
    swaps = {
        (provider, operation)
        for provider in VENDORS
        for operation, request in vendor(provider).operations.items()
        if any(slot.media.part for slot in slots(request))
    }
    assert GOOD.keys() == swaps | {(provider, None) for provider in VENDORS}
    for (provider, operation), row in GOOD.items():
        assert rows([row], provider, operation)


@given(
    swap=st.sampled_from(list(GOOD)),
    changes=st.lists(st.dictionaries(NAMES, VALUES, max_size=2), max_size=3),
    common=st.none() | st.dictionaries(NAMES, VALUES, max_size=2),
    cells=st.booleans(),
)
def test_whatever_an_item_holds_it_is_a_row_or_a_fault(
    swap: tuple[str, str | None], changes: list[dict[str, Any]], common: Any, cells: bool
) -> None:
    raw = [RawItem({**GOOD[swap], **change}, cells=cells) for change in changes]
    try:
        found = rows(raw, *swap, common)
    except FaceSwapError as error:
        assert "s3://store@bucket/" not in str(error)
        return
    assert len(found) == len(raw) and len({row.key for row in found}) == len(raw)
    with TemporaryDirectory() as folder:
        assert freeze(LocalPlace(Path(folder)), "rows", found) == found
        assert thaw(LocalPlace(Path(folder)), "rows") == found
