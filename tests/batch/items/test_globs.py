"""Globs: which files are items, and which globs are refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_faceswap.apis import vendor
from airflow_provider_faceswap.batch.items.reading import read_items
from airflow_provider_faceswap.batch.items.rows import make_rows
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, NotSentError
from airflow_provider_faceswap.execution.inputs import Inputs as Purchase
from tests.batch.conftest import Inputs
from tests.buckets import S3
from tests.storage.settings import settings

OUT = "s3://store@elsewhere/out"
FILES = [
    "b.mp4", "a.mp4", ".hidden.mp4", "note.txt", "clip1.mov", "clip2.mov", "sub/c.mp4", "sub/deep/d.mp4",
    "2026-11-20/x y.mp4", "2026-11-21/ü.mp4", "empty.mp4",
]  # fmt: skip


def found(inputs: Inputs, pattern: str) -> list[str]:
    items = list(read_items(f"{inputs.url}/{pattern}", OUT))
    assert all(item.found and item.keys() == {"target"} for item in items)
    return [item["target"].removeprefix(f"{inputs.url}/") for item in items]


@pytest.fixture
def full(inputs: Inputs) -> Inputs:
    for name in FILES:
        inputs.put(name, b"" if name == "empty.mp4" else name)
    return inputs


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.mp4", ["a.mp4", "b.mp4", "empty.mp4"]),
        ("clip?.mov", ["clip1.mov", "clip2.mov"]),
        ("clip[2-9].mov", ["clip2.mov"]),
        ("*/*.mp4", ["2026-11-20/x y.mp4", "2026-11-21/ü.mp4", "sub/c.mp4"]),
        ("2026-*/*", ["2026-11-20/x y.mp4", "2026-11-21/ü.mp4"]),
        ("sub/**/*.mp4", ["sub/c.mp4", "sub/deep/d.mp4"]),
        ("sub/**", ["sub/c.mp4", "sub/deep/d.mp4"]),
        ("**/d.mp4", ["sub/deep/d.mp4"]),
        (".hid*", [".hidden.mp4"]),
        ("*.avi", []),
    ],
)
def test_each_file_that_matches_is_an_item(full: Inputs, pattern: str, names: list[str]) -> None:
    assert found(full, pattern) == names


def test_a_night_without_clips_is_an_empty_batch(bucket: Inputs, local: Inputs) -> None:
    for inputs in (bucket, local):
        assert found(inputs, "*.mp4") == []


def test_a_bucket_that_does_not_exist_is_an_error(s3: S3) -> None:
    for pattern in ("*.mp4", "**/*.mp4", "in/*.mp4"):
        with pytest.raises(InputError, match=r"^items: names a bucket that does not exist"):
            list(read_items(f"s3://store@nobucket/{pattern}", OUT))


def test_a_new_file_is_seen_by_the_next_listing(inputs: Inputs) -> None:
    inputs.put("a.mp4")
    assert found(inputs, "*.mp4") == ["a.mp4"]
    inputs.put("b.mp4")
    assert found(inputs, "*.mp4") == ["a.mp4", "b.mp4"]


def versions(url: str) -> dict[str, str]:
    fields = {"source_img": url, "target_img": "https://a.example/b.jpg"}
    request = vendor("segmind").submission("faceswap-v2")
    return Purchase("segmind", "faceswap-v2", request, fields, settings("https://v.example")).versions


def test_a_version_is_the_one_that_a_purchase_notes(inputs: Inputs) -> None:
    seen = set()
    for content in ("one", "another"):
        url = inputs.put("a.jpg", content)
        (item,) = read_items(f"{inputs.url}/*.jpg", OUT)
        assert {"source_img": item.version} == versions(url)
        seen.add(item.version)
    assert len(seen) == 2


def test_a_listing_asks_for_no_file_by_itself(bucket: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        bucket.put(f"{name}.mp4")
    filesystem = ObjectStoragePath(bucket.url).fs
    called = []
    real = filesystem._call_s3

    async def counted(method: str, *args: Any, **more: Any) -> Any:
        called.append(method)
        return await real(method, *args, **more)

    monkeypatch.setattr(filesystem, "_call_s3", counted)
    assert len(found(bucket, "*.mp4")) == 3
    assert "head_object" not in called


@pytest.mark.parametrize(
    "glob",
    [
        "s3://store@bucket/out/*.mp4",
        "s3://other@bucket/out/*.mp4",
        "s3a://bucket/out/*.mp4",
        "S3://store@BUCKET//out/./*.mp4",
        "s3://store@bucket/*/*.mp4",
        "s3://store@bucket/o[tu]t/*.mp4",
        "s3://store@bucket/**/*.mp4",
        "s3://store@bucket/**",
        "s3://store@bucket/out/*/x/*.mp4",
    ],
)
def test_a_glob_that_can_match_results_is_refused(s3: S3, glob: str) -> None:
    with pytest.raises(InputError, match=r"^items: can match below output_path"):
        list(read_items(glob, "s3://store@bucket/out"))


@pytest.mark.parametrize(
    ("pattern", "out"),
    [
        ("*.mp4", "s3://store@bucket/{folder}/out"),
        ("in/**/*.mp4", "s3://store@bucket/{folder}/out"),
        ("*/*.mp4", "s3://store@bucket/{folder}/a/b"),
        ("*/*.mp4", "gs://store@bucket/{folder}"),
        ("*/*.mp4", "s3://store@other/{folder}"),
        ("*/*.mp4", "file:///bucket"),
    ],
)
def test_a_glob_that_cannot_match_results_is_taken(bucket: Inputs, pattern: str, out: str) -> None:
    folder = bucket.url.rpartition("/")[2]
    assert list(read_items(f"{bucket.url}/{pattern}", out.format(folder=folder))) == []


def test_a_local_glob_is_compared_by_its_real_path(local: Inputs, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "media")
    for out in (local.url, f"file://{tmp_path}/link", f"local://{tmp_path}/media/x/..", f"{local.url}/in"):
        with pytest.raises(InputError, match="can match below output_path"):
            list(read_items(f"{local.url}/**/*.mp4", out))
    assert list(read_items(f"{tmp_path}/media/*.mp4", f"{local.url}/in")) == []


@pytest.mark.parametrize(
    ("glob", "words"),
    [
        ("s3://store@buck*/a.mp4", "is a glob over buckets"),
        ("s3://store@bucket/../*.mp4", "must not hold '..'"),
        ("s3://store@bucket/*/../a.mp4", "write ** alone between slashes, and leave out '..'"),
        ("s3://store@bucket/**.mp4", "write ** alone between slashes"),
        ("s3://store@bucket/in/*/", "is not a glob of files"),
        ("s3://me:s3cret@bucket/*.mp4", "must name an Airflow connection before the '@'"),
        ("s3://nobody@bucket/*.mp4", "names the connection 'nobody', which is not defined here"),
        ("simplecache::s3://bucket/*.mp4", "must not chain filesystems"),
        ("nope://bucket/*.mp4", "no filesystem serves it"),
        ("file:///etc/*.conf", "is missing or is not below [faceswap] local_roots"),
        ("/etc/*.conf", "is missing or is not below [faceswap] local_roots"),
        ("*.mp4", "must be a list of dicts"),
    ],
)
def test_what_cannot_be_a_glob_is_said(s3: S3, local: Inputs, glob: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        list(read_items(glob, OUT))
    text = str(caught.value)
    assert text.startswith("items: ") and words in text and "s3cret" not in text


def test_a_local_folder_outside_of_the_roots_is_not_listed(local: Inputs, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.mp4").write_bytes(b"x")
    (tmp_path / "media" / "link").symlink_to(secret)
    (tmp_path / "media" / "b.mp4").symlink_to(secret / "a.mp4")
    assert found(local, "**/*.mp4") == ["b.mp4"], "its own check refuses it with a sentence"
    assert next(read_items(f"{local.url}/*.mp4", OUT)).version == ""
    for glob in (f"{local.url}/link/*.mp4", f"{local.url}/gone/*.mp4", f"file://{tmp_path}/*.mp4"):
        with pytest.raises(InputError, match="is missing or is not below"):
            list(read_items(glob, OUT))


def test_a_root_itself_is_listed_and_no_sibling(local: Inputs, tmp_path: Path) -> None:
    local.put("a.mp4")
    (tmp_path / "media2").mkdir()
    assert found(local, "*.mp4") == ["a.mp4"]
    with pytest.raises(InputError, match="is not below"):
        list(read_items(f"file://{tmp_path}/media2/*.mp4", OUT))


def test_a_folder_that_may_not_be_read_is_not_taken_for_an_empty_one(
    local: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="cannot be listed: PermissionError"):
        list(read_items(f"{local.url}/*.mp4", OUT))


@pytest.mark.parametrize(
    ("error", "kind"), [(PermissionError("no"), InputError), (TimeoutError("t"), NotSentError)]
)
def test_a_store_that_fails_is_said(
    bucket: Inputs, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[FaceSwapError]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ObjectStoragePath(bucket.url).fs, "glob", broken)
    with pytest.raises(kind, match=r"^items: cannot be listed"):
        list(read_items(f"{bucket.url}/*.mp4", OUT))


def test_a_file_with_an_odd_name_is_a_fault_that_names_it(bucket: Inputs) -> None:
    bucket.put("a.mp4")
    bucket.put("b?\u2028.mp4")
    items = read_items(f"{bucket.url}/*.mp4", OUT)
    with pytest.raises(InputError) as caught:
        make_rows(items, provider="modelslab", common={"face": "https://a.example/f.jpg"})
    assert "row 1 (b?%E2%80%A8.mp4), target (init_video): must not hold '?' or '#'" in str(caught.value)
