"""Whatever an item holds, it becomes a row or a fault."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.apis import VENDORS, vendor
from airflow_provider_faceswap.apis.media import slots
from airflow_provider_faceswap.batch.frozen import freeze, thaw
from airflow_provider_faceswap.batch.item import Item
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.storage.places import LocalPlace
from tests.batch.listing import BASE64, CLIP, FACE, LINK, PICTURE, rows

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
SWAPS = st.sampled_from(
    [
        (provider, operation)
        for provider in VENDORS
        for operation, request in vendor(provider).operations.items()
        if any(slot.media.part for slot in slots(request))
    ]
    + [(provider, None) for provider in VENDORS]
)


@given(
    swap=SWAPS,
    raw=st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=3),
    common=st.none() | st.dictionaries(NAMES, VALUES, max_size=4),
    cells=st.booleans(),
)
def test_whatever_an_item_holds_only_the_familys_errors_come(
    swap: Any, raw: Any, common: Any, cells: bool
) -> None:
    provider, operation = swap
    given_rows = [Item(item, cells=cells) for item in raw]
    try:
        found = rows(given_rows, provider, operation, common)
    except FaceSwapError as error:
        assert "s3://store@bucket/" not in str(error)
    else:
        assert len(found) == len(raw) and len({row.key for row in found}) == len(raw)
        with TemporaryDirectory() as folder:
            assert freeze(LocalPlace(Path(folder)), "rows", found) == found
            assert thaw(LocalPlace(Path(folder)), "rows") == found
