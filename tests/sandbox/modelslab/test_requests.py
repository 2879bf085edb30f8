"""Whatever is sent, the answer is the vendor's, and never a traceback."""

from __future__ import annotations

import json

import pytest

from .client import ModelsLabClient

OPERATION = "multiple_face_swap"


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"key": ', b"null"],
    ids=["empty", "nonsense", "list", "text", "bytes", "deep", "broken", "null"],
)
@pytest.mark.parametrize("path", [OPERATION, "fetch/1"])
def test_a_body_that_cannot_be_read(client: ModelsLabClient, path: str, content: bytes) -> None:
    response = client.http.post(f"{client.url}/api/v6/faceswap/{path}", content=content)
    assert response.status_code == 400
    assert response.json() == {"status": "error", "message": "Malformed JSON in request body"}


@pytest.mark.parametrize(
    ("operation", "changes", "field", "complaint"),
    [
        (OPERATION, {"init_image": 5}, "init_image", "The init image must be a string."),
        (OPERATION, {"init_image": ["x"]}, "init_image", "The init image must be a string."),
        (OPERATION, {"init_image": "file:///x"}, "init_image", "The init image must be a valid URL."),
        (OPERATION, {"init_image": "http://[/x"}, "init_image", "The init image must be a valid URL."),
        (OPERATION, {"init_image": "http://a\x00b/"}, "init_image", "The init image must be a valid URL."),
        (OPERATION, {"init_image": ""}, "init_image", "The init image field is required."),
        (OPERATION, {"watermark": "no"}, "watermark", "The watermark field must be true or false."),
        (OPERATION, {"base64": 1}, "base64", "The base64 field must be true or false."),
        (OPERATION, {"track_id": {}}, "track_id", "The track id must be an integer."),
        (
            "single_face_swap",
            {"reference_image": ...},
            "reference_image",
            "The reference image field is required.",
        ),
        ("single_video_swap", {"init_video": ...}, "init_video", "The init video field is required."),
        (
            "single_video_swap",
            {"output_format": "avi"},
            "output_format",
            "The selected output format is invalid.",
        ),
    ],
)
def test_a_field_that_is_wrong(
    client: ModelsLabClient, operation: str, changes: dict[str, object], field: str, complaint: str
) -> None:
    response = client.submit(operation, **changes)
    assert response.status_code == 200
    assert response.json() == {"status": "error", "message": {field: [complaint]}}
    counts = client.counts()
    assert (counts["accepted"], counts["refused"]) == ({}, {"bad_fields": 1})


def test_invalid_base64(client: ModelsLabClient) -> None:
    reply = client.submit(OPERATION, base64=True).json()
    assert reply["message"]["init_image"] == ["The init image must be a valid base64 image."]


@pytest.mark.parametrize(
    "path", ["faceswap/nonsense", "other/single_face_swap", "other/fetch/1", "", "a/b/c/d"]
)
def test_an_unknown_path(client: ModelsLabClient, path: str) -> None:
    response = client.http.post(f"{client.url}/api/v6/{path}", json={"key": client.server.key})
    assert response.status_code == 404
    assert response.json()["status"] == "error"


@pytest.mark.parametrize("path", [OPERATION, "fetch/1"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_wrong_method(client: ModelsLabClient, method: str, path: str) -> None:
    response = client.http.request(method, f"{client.url}/api/v6/faceswap/{path}")
    assert response.status_code == 405
    assert response.json()["status"] == "error"


def test_text_that_is_not_valid_unicode_is_echoed(client: ModelsLabClient) -> None:
    body = json.dumps(client.fields(OPERATION) | {"track_id": "\ud800"})
    client.control("progress", {"outcome": "never"})
    response = client.http.post(f"{client.url}/api/v6/faceswap/{OPERATION}", content=body)
    assert response.json()["status"] == "processing"
