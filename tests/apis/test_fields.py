from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.modelslab import VENDOR
from airflow_provider_faceswap.exceptions import InputError
from tests.apis.test_modelslab import INPUTS, PICTURE, URL

LARGE = base64.b64encode(b"\xff\xd8\xff" + bytes(11 * 1024 * 1024)).decode()


def refused(operation: str, change: dict[str, Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        VENDOR.operations[operation].checked({**INPUTS[operation], **change})
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    return caught.value


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (None, "is required"),
        ("  ", "is required"),
        (" None ", "is required"),
        (5, "must be text, not int"),
        ({"a": 1}, "must be text, not dict"),
        (b"https://example.com/a", "must be text, not bytes"),
        ("s3://bucket/a.mp4", "upload the media"),
        ("file:///data/a.mp4", "upload the media"),
        ("C:\\clips\\a.mp4", "a file path"),
        ("clips/a.mp4", "a file path"),
        ("{{ params.clip }}", "a template that was not rendered"),
        ("https://example.com/{{ds}}.mp4", "a template that was not rendered"),
        ("data:video/mp4;base64,AAAA", "a data: URI is taken only for pictures"),
        ("https://", "no valid host"),
        ("https://example.com:port/a", "no valid host or port"),
        ("https://example.com:99999/a", "no valid host or port"),
        ("https://[::1/a", "no valid host"),
        ("https://exa mple.com/a", "blanks"),
        ("https://example.com/a\x00b", "control characters"),
        ("https://example.com/a\nb", "control characters"),
        ("https://example.com\\@evil.example.com/a", "no valid host"),
        ("https://me:s3cr3t@example.com/a", "user:password@"),
        ("https://me@example.com/a", "user:password@"),
        ("https://example.com/" + "a" * 9000, "over 8192 characters"),
        (PICTURE * 2000, "base64=True"),
    ],
)
def test_a_url_that_cannot_be_one(value: Any, remedy: str) -> None:
    error = refused("single_video_swap", {"init_video": value})
    assert error.field == "init_video" and remedy in str(error)
    assert "s3cr3t" not in str(error) and len(str(error)) < 300


@pytest.mark.parametrize(
    "url", ["https://[2001:db8::1]/a.mp4", "http://127.0.0.1:8765/a", "HTTPS://example.com/ü?sig=a%2Fb"]
)
def test_urls_that_are_taken_as_they_are(url: str) -> None:
    call = VENDOR.operations["single_video_swap"].checked(
        {**INPUTS["single_video_swap"], "init_video": f" {url}\n"}
    )
    assert call.body()["init_video"] == url


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (URL, "not a URL; set base64=False"),
        ("/data/face.png", "encode the file"),
        ("***", "encode the file"),
        ("QUJ", "encode the file"),
        ("ü" * 4, "encode the file"),
        ("data:image/png;base64,", "it is empty"),
        (b"QUJD", "must be text, not bytes"),
        (LARGE, "holds over 10485760 bytes"),
    ],
)
def test_text_that_is_no_picture_in_base64(value: Any, remedy: str) -> None:
    error = refused("multiple_face_swap", {"base64": True, "init_image": value, "target_image": PICTURE})
    assert error.field == "init_image" and remedy in str(error) and len(str(error)) < 300


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"output_format": "exe"}, "must be one of mp4, mov"),
        ({"output_format": ""}, "is required"),
        ({"output_format": 4}, "must be text"),
        ({"track_id": True}, "whole number"),
        ({"track_id": 1.5}, "whole number"),
        ({"track_id": ["a"]}, "whole number"),
        ({"track_id": 2**64}, "63 bits"),
        ({"track_id": "a" * 300}, "at most 255"),
        ({"track_id": "a\nb"}, "one line"),
        ({"webhook": 5}, "must be text"),
        ({"webhook": "example.com/hook"}, "http(s) URL"),
        ({"webhook": "https://me:s3cr3t@example.com/hook"}, "user:password@"),
        ({"watermark": "perhaps"}, "boolean"),
        ({"watermark": None}, "boolean"),
        ({"init_vidoe": URL}, "not permitted"),
    ],
)
def test_other_fields_name_themselves_and_the_remedy(change: dict[str, Any], remedy: str) -> None:
    error = refused("single_video_swap", change)
    assert error.field == next(iter(change)) and remedy in str(error)
    assert "s3cr3t" not in str(error)


@pytest.mark.parametrize(
    ("given_", "sent"), [("42", 42), (10**18, 10**18), ("²", "²"), ("007", 7), ("", None), ("None", None)]
)
def test_track_id_is_passed_on(given_: Any, sent: Any) -> None:
    call = VENDOR.operations["single_video_swap"].checked({**INPUTS["single_video_swap"], "track_id": given_})
    assert call.body()["track_id"] == sent


@pytest.mark.parametrize("webhook", ["", " ", "None", None])
def test_no_webhook_is_no_webhook(webhook: Any) -> None:
    call = VENDOR.operations["single_video_swap"].checked({**INPUTS["single_video_swap"], "webhook": webhook})
    assert call.body()["webhook"] is None


anything = st.recursive(
    st.none() | st.integers() | st.floats() | st.binary() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


@pytest.mark.parametrize("operation", INPUTS)
@given(data=st.data())
def test_any_input_is_taken_or_named(operation: str, data: st.DataObject) -> None:
    fields = sorted(VENDOR.operations[operation].model_fields)
    changes = data.draw(st.dictionaries(st.sampled_from(fields), anything, max_size=3))
    try:
        call = VENDOR.operations[operation].checked({**INPUTS[operation], **changes})
    except InputError as error:
        assert error.field in fields
    else:
        str(call.body()).encode()  # can be sent
