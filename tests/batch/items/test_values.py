"""No value is kept that is a secret, no JSON, or large; and none is quoted."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from airflow_provider_faceswap.batch.items.raw import RawItem
from tests.batch.items.listing import BASE64, CLIP, FACE, LINK, ONE, PICTURE, faults, refused, rows, video
from tests.fakes import JPEG

SECRET = "c0ffee5ec4e7"


@pytest.mark.parametrize(
    "url",
    [
        f"{LINK}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={SECRET}",
        f"{LINK}?x-amz-security-token={SECRET}",
        f"{LINK}?AWSAccessKeyId=AK&Signature={SECRET}&Expires=1",
        f"{LINK}?GoogleAccessId=a&X-Goog-Signature={SECRET}",
        f"{LINK}?sv=2024&se=2026&sig={SECRET}%3D",
        f"{LINK}?Policy=p&Signature={SECRET}&Key-Pair-Id=K",
        f"{LINK}?x-oss-expires=60&x-oss-signature={SECRET}",
        f"{LINK}?token=eyJ{SECRET}",
        f"{LINK}?hdnts=exp=1~acl=/*~hmac={SECRET}",
        f"{LINK}?X%2DAmz%2DSignature={SECRET}",
        f"https://proxy.example/?url=https%3A%2F%2Fb.example%2Fa.jpg%3FX-Amz-Signature%3D{SECRET}",
        f"https://me:{SECRET}@a.example/a.jpg",
        f"https://{SECRET}@a.example/a.jpg",
        f"s3://key:{SECRET}@bucket/a.jpg",
        f"abfs://c@account/a.jpg?sv=1&sig={SECRET}",
    ],
)
def test_a_url_with_a_signature_is_refused_and_not_quoted(url: str) -> None:
    for raw, operation, provider in (
        ({**ONE, "init_image": url}, "single_video_swap", "modelslab"),
        ({"face": url, "target": PICTURE}, None, "modelslab"),
        ({"source_image": LINK, "face_image": [LINK, url], "index": [0, 1]}, "multi_faceswap", "aifaceswap"),
        ({"target": PICTURE, "face": FACE, "consent_reference": url}, None, "segmind"),
    ):
        (line,) = faults([raw], provider, operation)
        assert "is a URL with a signature or a password" in line and "s3://conn_id@bucket/key" in line
        assert SECRET not in line and "a.example" not in line


@pytest.mark.parametrize("url", [f"{LINK}?v=2&design=x&signed=1", "https://a.example/sig=1/a@b.jpg"])
def test_other_queries_pass(url: str) -> None:
    assert rows([{**ONE, "init_image": url}], operation="single_video_swap")


def test_a_file_without_a_header_line_shows_none_of_its_values() -> None:
    raw = RawItem({f"{LINK}?sig={SECRET}": CLIP, "s3://store@bucket/x": FACE}, where="line 2", cells=True)
    for operation in ("single_video_swap", None):
        text = refused([raw], operation=operation)
        assert SECRET not in text and "bucket" not in text and "(a name that is not shown)" in text


def test_a_template_is_a_fault() -> None:
    assert video({**ONE, "init_video": "s3://store@bucket/{{ ds }}/a.mp4"}) == [
        "row 0, init_video: holds a template that was not rendered; the rows of a file or an XCom are not "
        "templates"
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (JPEG, "holds bytes, which a list cannot keep; give a path or URL"),
        (float("nan"), "is not JSON"),
        ({1, 2}, "it holds a set"),
        ({("a", 1): 2}, "its keys must be text"),
        ("\ud800", "is not valid Unicode"),
    ],
)
def test_what_a_list_cannot_keep_is_a_fault(value: Any, words: str) -> None:
    (line,) = video({**ONE, "init_image": value})
    assert line.startswith("row 0, init_image: ") and words in line


def test_content_is_a_fault_if_it_is_long() -> None:
    fields = {"init_image": BASE64, "target_image": BASE64, "base64": True}
    assert rows([fields], operation="multiple_face_swap")[0].fields == fields
    long = base64.b64encode(JPEG + bytes(60_000)).decode()
    assert faults([{**fields, "init_image": long}], operation="multiple_face_swap") == [
        "row 0, init_image: makes the row larger than 64 KB; give a path or URL"
    ]
    assert faults([{"face": BASE64, "target": PICTURE}], "aifaceswap") == [
        "row 0: holds the content of a picture; give its path or URL"
    ]
