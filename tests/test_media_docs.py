"""What docs/media.md says of limits and of pictures that are sent along, against what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_provider_faceswap.apis import fields, vendor
from airflow_provider_faceswap.apis.aifaceswap import MAX_FACES
from airflow_provider_faceswap.apis.media import MAX_PICTURE, MAX_PRESIGN, slots
from airflow_provider_faceswap.storage.part import MAX_BYTES

TEXT = (Path(__file__).parent.parent / "docs" / "media.md").read_text(encoding="utf-8")
TITLES = {"modelslab": "ModelsLab", "segmind": "Segmind", "aifaceswap": "aifaceswap.io"}


def sent_along(provider: str) -> set[str]:
    """Return the names that the row of a vendor says are sent along."""
    (row,) = re.findall(rf"^\| {re.escape(TITLES[provider])} \| (.*) \|$", TEXT, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", row.partition("; not those of")[0]))


@pytest.mark.parametrize("provider", TITLES)
def test_the_pictures_that_are_sent_along(provider: str) -> None:
    wanted: set[str] = set()
    for operation, request in vendor(provider).operations.items():
        taken = [slot for slot in slots(request) if slot.media.content]
        whole = len(taken) == len(slots(request)) and provider != "segmind"
        wanted |= {operation} if whole else {slot.path[-1] for slot in taken}
    assert sent_along(provider) == wanted


def test_the_limits() -> None:
    assert f"up to {MAX_PICTURE // 1024**2} MiB" in TEXT and f"{fields._MAX_URL:,} characters" in TEXT
    assert f"{MAX_BYTES // 1024**3} GB for a result" in TEXT
    assert f"up to {MAX_FACES} (`ref_info`)" in TEXT
    assert MAX_PRESIGN == 7 * 24 * 3600 and "at most seven days" in TEXT
    limited = {
        (name, operation)
        for name in TITLES
        for operation, request in vendor(name).operations.items()
        if request.max_clip_seconds < float("inf")
    }
    assert limited == {("modelslab", "single_video_swap"), ("modelslab", "specific_video_swap")}
    assert all(vendor(name).operations[operation].max_clip_seconds == 60 for name, operation in limited)
    assert "| longest clip | under one minute |" in TEXT
