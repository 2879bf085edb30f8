from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem
from fsspec.spec import AbstractBufferedFile

from airflow_provider_faceswap.exceptions import InputError, ResultError
from airflow_provider_faceswap.storage.folders import check_folder, open_folder
from airflow_provider_faceswap.storage.keep import keep
from tests.storage.conftest import JPEG, MP4, Cdn
from tests.storage.settings import settings


def kept(cdn: Cdn, urls: list[str], folder: Any, stem: str = "5", kind: Any = "any") -> list[str]:
    return keep(urls, folder, stem=stem, kind=kind, settings=settings(cdn.url), provenance={"job_id": "278"})


def test_a_result_is_kept_with_its_provenance(cdn: Cdn, tmp_path: Path) -> None:
    url = cdn.give("/out/clip") + "?token=../../x.exe"
    stored = kept(cdn, [url], ObjectStoragePath(f"file://{tmp_path}/new/folder"), "278", "video")
    assert stored == [f"file://{tmp_path}/new/folder/278.mp4"], "the name is from the id alone"
    clip = tmp_path / "new" / "folder" / "278.mp4"
    assert clip.read_bytes() == MP4
    line = json.loads((clip.parent / "278.mp4.provenance.json").read_text())
    assert line == {
        "job_id": "278", "file": "278.mp4", "bytes": len(MP4), "sha256": hashlib.sha256(MP4).hexdigest(),
    }  # fmt: skip
    assert sorted(path.name for path in clip.parent.iterdir()) == ["278.mp4", "278.mp4.provenance.json"]


def test_several_results_are_numbered(cdn: Cdn, tmp_path: Path) -> None:
    urls = [cdn.give("/a", JPEG), cdn.give("/b", JPEG)]
    stored = kept(cdn, urls, ObjectStoragePath(f"file://{tmp_path}"), "9", "image")
    assert stored == [f"file://{tmp_path}/9-1.jpg", f"file://{tmp_path}/9-2.jpg"]


@pytest.mark.parametrize("stem", ["../5", "a/b", "", ".", "5\n", "ü"])
def test_a_name_that_is_no_id_is_refused(cdn: Cdn, tmp_path: Path, stem: str) -> None:
    with pytest.raises(ResultError, match="cannot name a file"):
        kept(cdn, [cdn.give("/a")], ObjectStoragePath(f"file://{tmp_path}/in"), stem)
    assert not cdn.asked and not list(tmp_path.iterdir())


def test_a_result_that_is_refused_leaves_nothing(cdn: Cdn, tmp_path: Path) -> None:
    urls = [cdn.give("/page", b"<html>" + b" " * 1000)]
    with pytest.raises(ResultError, match="HTML page"):
        kept(cdn, urls, ObjectStoragePath(f"file://{tmp_path}/folder"))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(cdn: Cdn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResultError, match=r"5\.mp4 could not be written to output_path"):
        kept(cdn, [cdn.give("/w")], ObjectStoragePath(f"file://{tmp_path}/file"))


class Store(MemoryFileSystem):
    """An object store that loses what is written after so many bytes, loudly or in silence."""

    cachable = False
    limit = 10**9
    loud = True
    discarded = False

    def _open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        if mode == "rb":
            return super()._open(path, mode, **kwargs)
        return Upload(self, path, mode, block_size=64 * 1024)


class Upload(AbstractBufferedFile):  # type: ignore[misc]
    """As a multipart upload: it shows under its name once it is finished."""

    sent = b""

    def _upload_chunk(self, final: bool = False) -> bool:
        self.buffer.seek(0)
        self.sent += self.buffer.read()
        if len(self.sent) > self.fs.limit:
            self.sent = self.sent[: self.fs.limit]
            if self.fs.loud:
                raise RuntimeError("disk full at https://store.example.com/bucket?sig=s3cr3t")
        if final:
            self.fs.store[self.path] = MemoryFile(self.fs, self.path, self.sent)
        return True

    def discard(self) -> None:
        self.fs.discarded = True


@pytest.fixture(scope="module")
def _store() -> Store:
    store = Store()
    attach("memory", fs=store)
    return store


@pytest.fixture
def store(_store: Store) -> Store:
    _store.store.clear()
    vars(_store).update(limit=10**9, loud=True, discarded=False)
    return _store


def test_an_object_store_gets_the_same_files(cdn: Cdn, store: Store) -> None:
    stored = kept(cdn, [cdn.give("/m")], ObjectStoragePath("memory://bucket/swaps"))
    assert stored == ["memory://bucket/swaps/5.mp4"]
    assert store.cat_file("/bucket/swaps/5.mp4") == MP4
    assert json.loads(store.cat_file("/bucket/swaps/5.mp4.provenance.json"))["bytes"] == len(MP4)


@pytest.mark.parametrize("loud", [True, False])
def test_a_write_that_breaks_off_leaves_no_half_file(cdn: Cdn, store: Store, loud: bool) -> None:
    store.limit, store.loud = 100_000, loud
    with pytest.raises(ResultError, match=r"5\.mp4 could not be written") as caught:
        kept(cdn, [cdn.give("/m")], ObjectStoragePath("memory://bucket/swaps"))
    assert ("disk full" if loud else f"100000 of {len(MP4)} bytes arrived") in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert not store.find("/bucket")
    assert store.discarded is loud


def test_a_write_that_breaks_off_spares_the_file_of_an_earlier_try(cdn: Cdn, store: Store) -> None:
    folder, url = ObjectStoragePath("memory://bucket/swaps"), cdn.give("/m")
    kept(cdn, [url], folder)
    store.limit = 100_000
    with pytest.raises(ResultError):
        kept(cdn, [url], folder)
    assert store.cat_file("/bucket/swaps/5.mp4") == MP4


@pytest.mark.parametrize(
    "path",
    [
        "",
        " ",
        "None",
        "relative/folder",
        "/absolute/folder",
        "file://relative",
        "s3://bucket/../x",
        "s3://b/None/x",
        "s3://bucket/a\x00b",
        "s3://bucket/{{ ds }}/x",
    ],
)
def test_a_folder_that_is_none_is_refused_before_paying(path: str) -> None:
    with pytest.raises(InputError, match="output_path"):
        check_folder(path)


@pytest.mark.parametrize(
    ("url", "said"),
    [("s3://nowhere@bucket/x", "'nowhere', which is not defined"), ("nosuch://bucket/x", "no filesystem")],
)
def test_a_folder_that_cannot_be_opened_is_refused_before_paying(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_folder(check_folder(url))
