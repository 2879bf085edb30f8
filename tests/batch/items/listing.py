"""Rows of a batch, and what is said of items that become none."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from airflow_provider_faceswap.batch.items.rows import Row, make_rows
from airflow_provider_faceswap.exceptions import InputError
from tests.fakes import JPEG

FACE, CLIP, PICTURE = "s3://store@bucket/face.jpg", "s3://store@bucket/in/a.mp4", "s3://store@bucket/in/a.jpg"
LINK = "https://a.example/in/a.jpg"
BASE64 = base64.b64encode(JPEG).decode()
ONE = {"init_image": FACE, "init_video": CLIP}


def rows(
    raw: Any, provider: str = "modelslab", operation: str | None = None, common: Any = None
) -> list[Row]:
    return make_rows(raw, provider=provider, operation=operation, common=common)


def refused(raw: Any, *more: Any, **arguments: Any) -> str:
    with pytest.raises(InputError) as caught:
        rows(raw, *more, **arguments)
    return str(caught.value)


def faults(raw: Any, *more: Any, **arguments: Any) -> list[str]:
    """The lines of the error without its head."""
    return refused(raw, *more, **arguments).split("\n")[1:]


def video(*raw: Any, **arguments: Any) -> list[str]:
    return faults(raw, operation="single_video_swap", **arguments)
