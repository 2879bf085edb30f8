from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_faceswap.exceptions import InputError, SettingsError
from airflow_provider_faceswap.storage import files, local
from airflow_provider_faceswap.storage.files import StoredObject
from airflow_provider_faceswap.storage.sources import File, SharedSources, source_of
from tests.buckets import S3
from tests.storage.conftest import JPEG

SECRET = b"sql_alchemy_conn = postgresql://airflow:s3cr3t@db/airflow\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder that may be read, with a picture in it and a secret beside it."""
    root = tmp_path / "faces"
    root.mkdir()
    (root / "face.jpg").write_bytes(JPEG)
    (tmp_path / "airflow.cfg").write_bytes(SECRET)
    (tmp_path / "other.jpg").write_bytes(JPEG)
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", f"/nowhere, {root}/")
    return root


def read_file(name: str, value: Any) -> bytes | None:
    """Return what a worker reads of an input; None where it reads nothing."""
    source = source_of(name, value)
    if not isinstance(source, File):
        return None
    source.check("image")
    return source.content()


def refused(value: Any) -> str:
    with pytest.raises(InputError, match="face_image: ") as caught:
        read_file("face_image", value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    said = str(caught.value)
    assert "s3cr3t" not in said and str(value)[:30] not in said
    return said


@pytest.mark.parametrize("prefix", ["", "file://", "FILE://", "local://", " "])
def test_a_picture_below_the_roots_is_read(root: Path, prefix: str) -> None:
    assert read_file("face_image", f"{prefix}{root}/face.jpg") == JPEG


def test_every_path_that_is_refused_gets_the_sentence_of_one_that_is_missing(root: Path) -> None:
    outside = root.parent
    os.symlink(outside / "other.jpg", root / "link.jpg")
    os.symlink(outside, root / "up")
    os.mkfifo(root / "fifo.jpg")
    (root / "folder.jpg").mkdir()
    (outside / "faces-too").mkdir()
    (outside / "faces-too" / "a.jpg").write_bytes(JPEG)
    missing = refused(f"{root}/missing.jpg")
    assert "[faceswap] local_roots" in missing and "give a URL" in missing
    for path in (
        "/missing",
        f"{outside}/airflow.cfg",
        f"{outside}/other.jpg",
        f"{outside}/faces-too/a.jpg",
        f"{root}/../other.jpg",
        f"{root}/../missing.jpg",
        f"{root}/link.jpg",
        f"{root}/up/other.jpg",
        f"{root}/up/missing.jpg",
        f"{root}/fifo.jpg",
        f"{root}/folder.jpg",
        f"{root}/face.jpg/x",
        f"{root}",
        f"{root}/face.jpg\x00",
        f"{root}/{'n' * 300}.jpg",
        "/proc/self/environ",
        "/proc/self/fd/0",
        "/dev/zero",
        "/dev/stdin",
    ):
        assert refused(path) == missing, path
        assert refused(f"file://{path}") == missing, path
    assert refused("file://host/etc/passwd") == missing
    assert refused("file://etc/passwd") == missing


def test_nothing_is_read_by_default(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__FACESWAP__LOCAL_ROOTS")
    assert "local_roots" in refused(f"{root}/face.jpg")


def test_a_root_that_is_not_absolute_is_an_error_of_the_settings(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", "faces")
    with pytest.raises(SettingsError, match="local_roots must be absolute"):
        read_file("face_image", f"{root}/face.jpg")


def test_a_symlink_within_the_roots_and_a_root_that_is_one_are_followed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.symlink(root / "face.jpg", root / "link.jpg")
    os.symlink(root, root.parent / "alias")
    assert read_file("face_image", f"{root}/link.jpg") == JPEG
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", f"{root.parent}/alias")
    assert read_file("face_image", f"{root.parent}/alias/face.jpg") == JPEG


@pytest.mark.parametrize("swapped", ["file", "folder", "fifo"])
def test_what_is_swapped_after_it_was_resolved_is_not_read(
    root: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    (root / "in").mkdir()
    (root / "in" / "secret.jpg").write_bytes(JPEG)
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret.jpg").write_bytes(JPEG + SECRET)
    resolve = os.path.realpath

    def resolve_then_swap(path: Any) -> str:
        resolved = resolve(path)
        if str(path).endswith("secret.jpg"):
            (root / "in" / "secret.jpg").unlink()
            if swapped == "file":
                os.symlink(elsewhere / "secret.jpg", root / "in" / "secret.jpg")
            elif swapped == "fifo":
                os.mkfifo(root / "in" / "secret.jpg")
            else:
                (root / "in").rmdir()
                os.symlink(elsewhere, root / "in")
        return resolved

    monkeypatch.setattr(local.os.path, "realpath", resolve_then_swap)
    assert "local_roots" in refused(f"{root}/in/secret.jpg")


def test_a_fifo_that_is_put_there_at_the_last_moment_does_not_hang(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "fifo")
    regular = os.stat(root / "face.jpg")
    monkeypatch.setattr(local.os, "stat", lambda *_, **__: regular)
    assert "local_roots" in refused(f"{root}/fifo")


@pytest.mark.parametrize(
    "content", [SECRET, b"%PDF-1.7", b"<svg>", base64.b64encode(JPEG), b"\x00\x00\x00\x20ftypisom"]
)
def test_what_is_not_a_picture_stays_here(root: Path, s3: S3, content: bytes) -> None:
    (root / "note.jpg").write_bytes(content)
    s3.client.put_object(Bucket="bucket", Key="note.jpg", Body=content)
    for path in (f"{root}/note.jpg", f"{s3.url}/note.jpg"):
        said = refused(path)
        assert "does not hold a picture" in said
        assert content.decode(errors="replace")[:8] not in said


def test_an_empty_file_is_refused(root: Path, s3: S3) -> None:
    (root / "face.jpg").write_bytes(b"")
    s3.client.put_object(Bucket="bucket", Key="empty.jpg", Body=b"")
    for path in (f"{root}/face.jpg", f"{s3.url}/empty.jpg"):
        assert "names a file that is empty" in refused(path)


def test_a_picture_in_object_storage_is_read(s3: S3) -> None:
    s3.client.put_object(Bucket="bucket", Key="faces/me.jpg", Body=JPEG)
    assert read_file("face_image", f"{s3.url}/faces/me.jpg") == JPEG
    assert "does not exist" in refused(f"{s3.url}/faces/missing.jpg")
    assert "does not exist" in refused(f"{s3.url.replace('bucket', 'nowhere')}/me.jpg")
    assert "'nowhere', which is not defined" in refused("s3://nowhere@bucket/me.jpg")


@pytest.mark.parametrize(
    "value",
    [
        "simplecache::file://{root}/face.jpg",
        "file://{root}/a.zip::file://{root}/face.jpg",
        "zip://face.jpg::file://{root}/a.zip",
        "filecache::s3://store@bucket/me.jpg",
        "s3://store@bucket/a::file://{root}/face.jpg",
        "reference://x",
        "memory://face.jpg",
        "dir://x",
        "tar://x",
        "data://x",
        "github://a:b@c/d",
        "ftp://host/face.jpg",
        "://x",
        "s3://store:pass@bucket/me.jpg",
        "s3://store@bucket/../other/me.jpg",
        "s3://store@bucket/me.jpg?versionId=1",
    ],
)
def test_other_filesystems_are_refused(
    root: Path, s3: S3, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(ObjectStoragePath, "open", unreachable)
    monkeypatch.setattr(files, "open_folder", unreachable)
    monkeypatch.setattr(local.os, "open", unreachable)
    assert "pass@" not in refused(value.replace("{root}", str(root)))


@pytest.mark.parametrize(
    "value",
    [
        base64.b64encode(JPEG).decode(),
        base64.b64encode(JPEG).decode()[:64],
        base64.encodebytes(JPEG).decode(),
        "data:image/jpeg;base64," + base64.b64encode(JPEG).decode(),
        "data:image/jpeg;base64,//////8=",
        "https://example.com/a.jpg",
        "https://example.com/a::b.jpg",
        " https://example.com/a.jpg",
        "faces/me.jpg",
        "~/me.jpg",
        "",
        None,
        5,
        b"/etc/passwd",
        "/" + "a" * 5000,
    ],
)
def test_what_is_not_a_path_does_not_touch_the_disk(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(files, "open_below_roots", unreachable)
    monkeypatch.setattr(files, "open_folder", unreachable)
    assert read_file("face_image", value) is None


def test_base64_text_begins_like_a_path() -> None:
    assert base64.b64encode(JPEG).startswith(b"/9j/")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts them where Linux shows them")
def test_no_descriptor_stays_open(root: Path) -> None:
    os.mkfifo(root / "fifo")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        read_file("face_image", f"{root}/face.jpg")
        refused(f"{root}/fifo")
        refused(f"{root}/missing/x/y")
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(("shared", "signatures"), [(True, 1), (False, 2)])
def test_what_a_batch_shares_is_signed_once(
    monkeypatch: pytest.MonkeyPatch, s3: S3, shared: bool, signatures: int
) -> None:
    made: list[int] = []
    monkeypatch.setattr(files, "sign", lambda path, seconds: made.append(seconds) or "https://signed.example")
    sources = SharedSources()
    for _ in range(2):
        source = (sources.find if shared else source_of)("face", f"{s3.url}/face.jpg")
        assert isinstance(source, StoredObject)
        source.signed(500)
    assert made == [500] * signatures
