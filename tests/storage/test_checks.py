from __future__ import annotations

import errno
import json
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_faceswap.exceptions import InputError, NotSentError
from airflow_provider_faceswap.storage.folders import check_folder, open_folder
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.places import LocalPlace, StoredPlace, open_place
from airflow_provider_faceswap.storage.provenance import Owner
from tests.buckets import S3
from tests.storage.conftest import JPEG

JOB = Owner("segmind", "5", "u-u-i-d", 1.8e9)


def store(folder: str | None, name: str | None = None) -> OutputStore:
    return OutputStore(folder, "image", "faceswap-v2", output_name=name)


def refused(folder: str | None, name: str | None = None, **fields: Any) -> str:
    with pytest.raises(InputError) as caught:
        store(folder, name).check(**fields)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def test_a_folder_that_can_be_written_passes_and_stays_empty(folder: str) -> None:
    store(folder).check()
    store(folder, "clip").check()
    assert open_place(folder, ValueError).names("") == []
    store(None).check()


@pytest.mark.parametrize(
    "path",
    [
        "", " ", "None", "relative/folder", "/absolute/folder", "file://relative", "file://host/x",
        "s3://bucket/../x", "s3://..", "s3://b/None/x", "s3://bucket/a\x00b", "s3://bucket/{{ ds }}/x",
        "simplecache::s3://bucket/x", "zip://x::file:///a.zip", "https://example.com/x", "s3://", "file:///",
        "s3://bucket/x?versionId=1", "s3://bucket/x#y", "s3://user:s3cr3t@bucket/x", "s3://[", "x" * 9,
    ],
)  # fmt: skip
def test_a_text_that_does_not_name_a_folder_is_refused(path: str) -> None:
    said = refused(path)
    assert said.startswith("output_path: ") and "s3cr3t" not in said


@pytest.mark.parametrize(
    ("url", "said"),
    [("s3://nowhere@bucket/x", "'nowhere', which is not defined"), ("nosuch://bucket/x", "no filesystem")],
)
def test_a_folder_that_cannot_be_opened_is_refused(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_folder(check_folder(url))
    assert said in refused(url)


async def test_a_folder_is_never_opened_on_an_event_loop(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="event loop"):
        open_folder(f"file://{tmp_path}")


def test_a_filesystem_whose_package_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: Any) -> Any:
        raise ImportError("Airflow FS S3 protocol requires the s3fs library")

    monkeypatch.setattr(ObjectStoragePath, "fs", property(missing))
    assert "requires the s3fs library" in refused("s3://bucket/x")


def test_a_missing_bucket_is_refused(s3: S3) -> None:
    said = refused(f"{s3.url.replace('bucket', 'nowhere')}/out")
    assert said.startswith("output_path: s3://store@nowhere/out cannot be written: FileNotFoundError")
    assert "bucket does not exist" in said and "create it" in said


@pytest.fixture
def no_permission(s3: S3) -> Iterator[None]:
    def allow(count: str) -> None:
        kind = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(f"{s3.server}/moto-api/reset-auth", count.encode(), kind)
        urllib.request.urlopen(request).close()

    allow("0")
    yield
    allow("inf")


@pytest.mark.usefixtures("no_permission")
def test_a_bucket_that_may_not_be_written_is_refused(s3: S3) -> None:
    assert "out cannot be written: PermissionError" in refused(f"{s3.url}/out")


@pytest.mark.parametrize("blocked", ["above", "itself"])
def test_a_file_in_the_way_is_refused(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in refused(f"file://{tmp_path}/file{'/below' if blocked == 'above' else ''}")


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_is_read_only_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def read_only(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "open", read_only)
    assert f"cannot be written: {type(OSError(code, '')).__name__}" in refused(f"file://{tmp_path}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written: PermissionError" in refused(f"file://{tmp_path}")


class NoCredentialsError(Exception):
    """As botocore has one."""


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (TimeoutError("Connect timeout"), False),
        (OSError(errno.EIO, "SlowDown https://store.example.com/x?sig=s3cr3t"), False),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (RuntimeError("503"), False),
        (NoCredentialsError("Unable to locate credentials"), True),
    ],
)
@pytest.mark.parametrize("step", ["write", "there", "size"])
def test_what_may_pass_is_tried_again(
    folder: str, monkeypatch: pytest.MonkeyPatch, error: Exception, final: bool, step: str
) -> None:
    def fail(*_: Any) -> None:
        raise error

    for kind in (LocalPlace, StoredPlace):
        monkeypatch.setattr(kind, step, fail)
    with pytest.raises(InputError if final else NotSentError, match=r"output_path: .* cannot be") as caught:
        store(folder).check()
    assert "s3cr3t" not in str(caught.value)


def test_a_probe_that_cannot_be_deleted_is_a_warning(
    folder: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise PermissionError("delete is denied")

    for kind in (LocalPlace, StoredPlace):
        monkeypatch.setattr(kind, "remove", fail)
    store(folder).check()
    assert "could not be deleted: PermissionError: delete is denied" in caplog.text


@pytest.mark.parametrize(
    "name", ["clip", "ü", "a b", "2026-01-01T00_00", "ä" * 64, "a.b", "-", "~", "%2e", "日本"]
)
def test_a_file_name_is_a_name(folder: str, name: str) -> None:
    store(folder, name).check()
    file = store(folder, name).save_content(JPEG, JOB)
    assert file.url == f"{folder}/{name}.jpg"
    assert store(folder, name).holds([file], JOB)
    assert "belongs to job 5" in refused(folder, name)


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "None", "a/b", "../x", "..", ".", ".hidden", "a\\b", "a\nb", "a\x00b", "a\u202eb", "x" * 129,
        "ä" * 65, "n" * 300, "{{ ds }}", "a*", "a?", "a[b]", "a#b", "a:b", " a", "a ",
        "\udcff", 5, b"a", ["a"],
    ],
)  # fmt: skip
def test_a_text_that_is_not_a_file_name_is_refused(tmp_path: Path, name: Any) -> None:
    assert refused(f"file://{tmp_path}", name).startswith("output_name: ")
    assert refused(None, name).startswith("output_name: ")


def test_a_name_that_another_job_has_is_refused(folder: str) -> None:
    store(folder, "clip").save_content(JPEG, JOB)
    said = refused(folder, "clip")
    assert said.startswith("output_name: clip.jpg in output_path belongs to job 5: give another name")
    assert refused(folder, "clip", replaces={"6"}) == said
    store(folder, "clip").check(replaces={"4", "5"})
    store(folder, "cli").check()
    store(folder).check()


def test_a_job_without_an_id_is_known_by_its_uuid(folder: str) -> None:
    store(folder, "clip").save_content(JPEG, replace(JOB, job_id=""))
    assert "belongs to job u-u-i-d" in refused(folder, "clip")
    store(folder, "clip").check(replaces={"u-u-i-d"})


@pytest.mark.parametrize(
    "beside", [None, b"", b"[]", b"{}", json.dumps({"job_id": "5"}).encode() + b" " * 70_000]
)
def test_a_file_without_a_line_that_names_a_job_is_somebodys(folder: str, beside: bytes | None) -> None:
    path = ObjectStoragePath(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / "clip.txt").write_bytes(b"mine")
    if beside is not None:
        (path / "clip.txt.provenance.json").write_bytes(beside)
    hidden = beside is not None and len(beside) > 70_000
    assert ("belongs to job 5" if hidden else "belongs to something else") in refused(folder, "clip")
    assert "clip.txt in output_path" in refused(folder, "clip")


def test_a_consent_reference_is_a_reference(tmp_path: Path) -> None:
    folder = f"file://{tmp_path}"
    with pytest.raises(InputError, match="consent_reference: must be at most 8000 characters"):
        OutputStore(folder, "image", "faceswap-v2", consent_reference="x" * 8001).check()
    for text in ("\x01" * 9000, "\udcff", "日" * 9000):
        out = OutputStore(folder, "image", "faceswap-v2", consent_reference=text)
        assert out.save_content(JPEG, JOB) == out.save_content(JPEG, JOB), "the line stays readable"


def test_what_a_line_says_is_quoted_in_one_short_line(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"mine")
    line = {"job_id": "\x1b[31m\n" * 5 + "https://cdn.example.com/a?sig=s3cr3t" + "x" * 900}
    (tmp_path / "clip.mp4.provenance.json").write_text(json.dumps(line))
    said = refused(f"file://{tmp_path}", "clip")
    assert said.isprintable() and len(said) < 300 and "s3cr3t" not in said


def test_a_name_is_free_where_its_file_is_gone_or_only_begins_alike(folder: str) -> None:
    file = store(folder, "beach.v2").save_content(JPEG, JOB)
    store(folder, "beach").check()
    assert "beach.v2.jpg in output_path belongs to job 5" in refused(folder, "beach.v2")
    ObjectStoragePath(file.url).unlink()
    store(folder, "beach.v2").check()


def test_a_file_of_the_same_media_may_keep_its_name(folder: str) -> None:
    store(folder, "clip").save_content(JPEG, replace(JOB, inputs={"target": "s3://c@b/a.mp4"}))
    store(folder, "clip").check(made_from={"target": "s3://c@b/a.mp4"})
    with pytest.raises(InputError, match="belongs to job 5"):
        store(folder, "clip").check(made_from={"target": "s3://c@b/other.mp4"})


@pytest.mark.parametrize("name", ["clip.mp4", "a.b.JPG", "x.jpeg"])
def test_a_suffix_is_left_to_the_file(name: str) -> None:
    assert f"leave out .{name.rpartition('.')[2].lower()}" in refused(None, name)
