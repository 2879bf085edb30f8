from __future__ import annotations

import pytest

from airflow_provider_faceswap.journal.fingerprint import digests

URL = "https://bucket.example.com/clip.mp4?version=3"


def of(url: str, **more: object) -> dict[str, str]:
    return digests("modelslab", "single_video_swap", {"init_video": url, **more})


@pytest.mark.parametrize(
    "signature",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={n}&X-Amz-Expires=60&X-Amz-Signature={n}",
        "X-Goog-Signature={n}&X-Goog-Date={n}",
        "AWSAccessKeyId=AK&Signature={n}&Expires={n}",
        "GoogleAccessId=me&Signature={n}&Expires={n}",
        "Expires={n}&Signature={n}&Key-Pair-Id=K",
        "Policy={n}&Signature={n}&Key-Pair-Id=K",
        "sv=2022-11-02&st={n}&se={n}&sr=b&sp=r&sig={n}",
    ],
)
def test_a_url_that_was_presigned_anew_is_the_same(signature: str) -> None:
    first, second = (of(f"{URL}&{signature.replace('{n}', str(n))}") for n in (1, 2))
    assert first == second == of(URL)


@pytest.mark.parametrize(
    "other",
    [
        "https://bucket.example.com/clip.mp4?version=4",
        "https://bucket.example.com/other.mp4?version=3",
        "https://elsewhere.example.com/clip.mp4?version=3",
        "https://bucket.example.com/clip.mp4?version=3&se=x",
    ],
)
def test_what_names_the_media_counts(other: str) -> None:
    assert of(other) != of(URL)


def test_every_field_counts_and_their_order_does_not() -> None:
    assert of(URL, watermark=True) != of(URL, watermark=False)
    assert digests("v", "o", {"a": 1, "b": [{"y": 1, "x": 2}]}) == digests(
        "v", "o", {"b": [{"x": 2, "y": 1}], "a": 1}
    )


def test_vendor_and_operation_count() -> None:
    assert len({str(digests(vendor, name, {})) for vendor in ("a", "b") for name in ("c", "d")}) == 4


def test_a_key_stands_for_the_inputs() -> None:
    first, second = (digests("v", "o", {"url": url}, "order-7") for url in ("http://a/1", "http://a/2"))
    assert first == second != digests("v", "o", {"url": "http://a/1"}, "order-8")


def test_the_field_that_changed_is_told() -> None:
    first, second = of(URL, output_format="mp4"), of(URL, output_format="mov")
    assert {name for name in first if first[name] != second[name]} == {"output_format"}


def test_no_value_can_be_read_from_it() -> None:
    assert "bucket" not in str(of(URL)) and all(len(digest) == 16 for digest in of(URL).values())


def test_it_is_the_same_on_every_python() -> None:
    assert digests("modelslab", "o", {"text": "größer", "n": 1.5, "none": None}) == GOLDEN


GOLDEN = {
    "operation": "b1fbf4ddd56c8bc8",
    "text": "d13b7ec39fe3392d",
    "n": "9f29a130438b8117",
    "none": "74234e98afe7498f",
}
