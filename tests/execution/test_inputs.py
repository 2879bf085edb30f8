"""Inputs that lie in object storage or on disk, on their way to a vendor."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.execution.inputs import Inputs
from tests.buckets import S3
from tests.execution.given import LINK, inputs
from tests.fakes import JPEG, MP4
from tests.media.clips import clip
from tests.storage.settings import settings

BASE64 = base64.b64encode(JPEG).decode()
MEDIA = {
    ("modelslab", "single_video_swap"): {"init_image": "{picture}", "init_video": "{clip}"},
    ("modelslab", "multiple_face_swap"): {"init_image": "{picture}", "target_image": LINK},
    ("segmind", "v2/faceswap-v2"): {"source_img": "{picture}", "target_img": LINK},
    ("aifaceswap", "faceswap"): {"source_image": "{picture}", "face_image": LINK},
    ("aifaceswap", "multi_faceswap"): {
        "source_image": LINK, "face_image": ["{picture}", LINK], "index": [0, 1],
    },
    ("aifaceswap", "multi_video_faceswap"): {
        "source_video": "{clip}", "duration": 2, "ref_info": [{"face_ref": "{picture}", "face_url": LINK}],
    },
}  # fmt: skip


def filled(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(item, places) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, places) for item in value]
    return value.format(**places) if isinstance(value, str) and "{" in value else value


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A picture and a clip on local disk."""
    (tmp_path / "face.jpg").write_bytes(JPEG)
    (tmp_path / "clip.mp4").write_bytes(MP4)
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    return {"picture": f"{tmp_path}/face.jpg", "clip": f"file://{tmp_path}/clip.mp4"}


def signed(url: str, path: str) -> bool:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return (
        parts.path == f"/bucket/{path}" and query["X-Amz-Expires"] == ["600"] and "X-Amz-Signature" in query
    )


@pytest.mark.parametrize(("provider", "endpoint"), MEDIA)
def test_files_are_signed_or_sent_along_as_the_vendor_takes_them(
    bucket: dict[str, str], provider: str, endpoint: str
) -> None:
    given = filled(MEDIA[provider, endpoint], bucket)
    found = inputs(provider, endpoint, given)
    body: dict[str, Any] = found.request().body()
    files = found.request().files()
    if provider == "segmind":
        assert body["source_img"] == BASE64 and body["target_img"] == LINK
    elif endpoint == "faceswap":
        assert files == {"source_image": JPEG} and body["face_image"] == LINK
    elif endpoint == "multi_video_faceswap":
        assert signed(body["source_video"], "in/clip.mp4")
        assert body["ref_info"] == [{"face_ref": BASE64, "face_url": LINK}]
    elif endpoint == "multi_faceswap":
        assert signed(body["face_image"][0], "in/face.jpg") and body["face_image"][1] == LINK
    else:
        assert signed(body["init_image"], "in/face.jpg")


@pytest.mark.parametrize(("provider", "endpoint"), MEDIA)
def test_a_result_names_what_it_was_made_from(bucket: dict[str, str], provider: str, endpoint: str) -> None:
    given = filled(MEDIA[provider, endpoint], bucket)
    described = inputs(provider, endpoint, given, own_names={"target": bucket["clip"]}).described
    assert described.pop("target") == bucket["clip"]
    bare = filled(MEDIA[provider, endpoint], bucket)
    text = repr(described)
    assert "s1gnature" not in text and "?" not in text
    assert described.keys() == bare.keys() - {"index", "duration"}
    assert bucket["picture"] in text


def test_content_is_named_by_its_digest() -> None:
    digest = f"sha256:{hashlib.sha256(JPEG).hexdigest()}"
    fields = {"init_image": BASE64, "target_image": f"data:image/jpeg;base64,{BASE64}", "base64": True}
    described = inputs("modelslab", "multiple_face_swap", fields).described
    assert described == {"init_image": digest, "target_image": digest}


def test_very_many_inputs_are_named_by_one_digest() -> None:
    faces = [f"https://example.com/{number}/{'x' * 200}.jpg" for number in range(100)]
    fields = {"source_image": LINK, "face_image": faces, "index": list(range(100))}
    described = inputs("aifaceswap", "multi_faceswap", fields).described
    assert list(described) == ["sha256"] and described["sha256"].startswith("sha256:")


def test_with_base64_modelslab_gets_content(bucket: dict[str, str], local: dict[str, str]) -> None:
    for place in (bucket, local):
        fields = {"init_image": place["picture"], "target_image": BASE64, "base64": True}
        body = inputs("modelslab", "multiple_face_swap", fields).request().body()
        assert body["init_image"] == body["target_image"] == BASE64


@pytest.mark.parametrize("rendered", [False, "False", "false"])
def test_without_base64_modelslab_gets_urls(bucket: dict[str, str], rendered: Any) -> None:
    fields = {"init_image": bucket["picture"], "target_image": LINK, "base64": rendered}
    body = inputs("modelslab", "multiple_face_swap", fields).request().body()
    assert signed(body["init_image"], "in/face.jpg") and not body.get("base64")


@pytest.mark.parametrize(
    ("endpoint", "field", "remedy"),
    [
        (
            "multiple_face_swap",
            "init_image",
            "set base64=True and give all pictures as files, which are sent along, or upload",
        ),
        ("single_video_swap", "init_video", "; upload the media where the vendor can fetch them"),
    ],
)
def test_what_cannot_be_signed_is_said_with_what_would_work(
    local: dict[str, str], endpoint: str, field: str, remedy: str
) -> None:
    fields = {"init_image": LINK, "target_image": LINK, "init_video": LINK}
    asked = vendor("modelslab").submission(endpoint).model_fields
    fields = {name: value for name, value in fields.items() if name in asked}
    fields[field] = local["clip" if field == "init_video" else "picture"]
    with pytest.raises(InputError, match=f"^{field}: cannot be given to the vendor as a URL: ") as caught:
        inputs("modelslab", endpoint, fields).request()
    assert remedy in str(caught.value)


def test_a_picture_that_is_too_large_to_send_is_signed(s3: S3, local: dict[str, str], tmp_path: Path) -> None:
    large = JPEG + bytes(10 * 1024 * 1024)
    s3.client.put_object(Bucket="bucket", Key="in/large.jpg", Body=large)
    (tmp_path / "large.jpg").write_bytes(large)
    fields = {"source_img": f"{s3.url}/in/large.jpg", "target_img": LINK}
    body = inputs("segmind", "faceswap-v2", fields).request().body()
    assert signed(body["source_img"], "in/large.jpg")
    with pytest.raises(InputError, match="larger than the 10485760 bytes that can be sent along"):
        inputs("segmind", "faceswap-v2", {**fields, "source_img": str(tmp_path / "large.jpg")}).request()
    reference = [{"face_ref": f"{s3.url}/in/large.jpg", "face_url": LINK}]
    fields = {"source_video": LINK, "duration": 2, "ref_info": reference}
    with pytest.raises(InputError, match=r"^ref_info\.0\.face_ref: names a file of .* give a smaller one"):
        inputs("aifaceswap", "multi_video_faceswap", fields).request()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "names a file that does not exist"),
        (b"", "names a file that is empty"),
        (JPEG, "does not hold a video such as MP4; it was not sent"),
        (b"<html>", "does not hold a video"),
        (base64.b64encode(MP4), "does not hold a video"),
    ],
)
def test_a_file_that_is_no_clip_is_refused(s3: S3, content: bytes | None, said: str) -> None:
    if content is not None:
        s3.client.put_object(Bucket="bucket", Key="in/odd", Body=content)
    key = "in/missing" if content is None else "in/odd"
    fields = {"init_image": LINK, "init_video": f"{s3.url}/{key}"}
    with pytest.raises(InputError, match=f"^init_video: .*{said}"):
        inputs("modelslab", "single_video_swap", fields).request()


def test_a_store_that_fails_for_now_is_asked_again_by_a_retry(
    bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filesystem = ObjectStoragePath(bucket["clip"]).fs

    def broken(*_: Any, **__: Any) -> None:
        raise TimeoutError("t0ken")

    monkeypatch.setattr(filesystem, "info", broken)
    fields = {"init_image": LINK, "init_video": bucket["clip"]}
    with pytest.raises(
        NotSentError, match=r"^init_video: the file cannot be read now: TimeoutError; "
    ) as told:
        inputs("modelslab", "single_video_swap", fields).request()
    assert "t0ken" not in str(told.value)


@pytest.mark.parametrize("place", ["bucket", "local"])
def test_a_clip_is_measured_where_it_lies(
    place: str, s3: S3, local: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    content = clip("large-index-last.mp4")
    s3.client.put_object(Bucket="bucket", Key="in/real.mp4", Body=content)
    (tmp_path / "real.mp4").write_bytes(content)
    path = f"{s3.url}/in/real.mp4" if place == "bucket" else f"{tmp_path}/real.mp4"
    if place == "bucket":
        fields: dict[str, Any] = {"source_video": path, "face_image": LINK, "duration": None}
        body = inputs("aifaceswap", "video_faceswap", fields).request().body()
        assert body["duration"] == pytest.approx(2, abs=0.1)
    known = vendor("modelslab").submission("single_video_swap")
    tight: Any = type("Tight", (known,), {"max_clip_seconds": 1.5})
    found = Inputs(
        "modelslab",
        "single_video_swap",
        tight,
        {"init_image": LINK, "init_video": path},
        settings("https://x"),
    )
    with pytest.raises(InputError, match=r"^init_video: is 2\.0 s long and must be shorter than 1\.5 s"):
        found.request()


def test_a_version_is_known_while_the_file_is_there(s3: S3, local: dict[str, str], tmp_path: Path) -> None:
    def look(path: str, **more: Any) -> Inputs:
        return inputs("segmind", "faceswap-v2", {"source_img": path, "target_img": LINK}, **more)

    s3.client.put_object(Bucket="bucket", Key="in/v.jpg", Body=JPEG)
    (tmp_path / "v.jpg").write_bytes(JPEG)
    places = (f"{s3.url}/in/v.jpg", f"{tmp_path}/v.jpg")
    before = [look(path) for path in places]
    first = [(found.versions, found.identity()) for found in before]
    assert all(versions.keys() == {"source_img"} and identity for versions, identity in first)
    assert first == [(look(path).versions, look(path).identity()) for path in places]

    s3.client.put_object(Bucket="bucket", Key="in/v.jpg", Body=JPEG + b"more")
    (tmp_path / "v.jpg").write_bytes(JPEG + b"more")
    for path, (versions, identity) in zip(places, first, strict=True):
        now = look(path)
        assert now.versions != versions and now.identity() != identity
        assert now.digests == look(path).digests, "the path is the same"
        assert look(path, idempotency_key="order-7").versions == {}

    s3.client.delete_object(Bucket="bucket", Key="in/v.jpg")
    (tmp_path / "v.jpg").unlink()
    for path in places:
        assert look(path).versions == {} and look(path).identity() == ""
