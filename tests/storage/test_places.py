from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem
from fsspec.spec import AbstractBufferedFile

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import local_place
from airflow_provider_faceswap.storage.outputs import OutputStore, StoredFile
from airflow_provider_faceswap.storage.places import Place, StoredPlace, open_place
from airflow_provider_faceswap.storage.provenance import Owner
from tests.buckets import S3
from tests.storage.conftest import JPEG

PICTURE = JPEG * 300
JOB = Owner("segmind", "5", "", 1.8e9)


def save(folder: str) -> StoredFile:
    return OutputStore(folder, "image", "faceswap-v2").save_content(PICTURE, JOB)


def place(folder: str) -> Place:
    found = open_place(folder, ResultError)
    found.prepare()
    return found


class Store(MemoryFileSystem):
    """An object store that loses what is written after a number of bytes, loudly or in silence."""

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


def test_a_store_without_conditions_and_without_prefixes_will_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_conditions(path: str, value: bytes) -> None:
        store.store[path] = MemoryFile(store, path, value)

    monkeypatch.setattr(store, "find", lambda path: [])
    monkeypatch.setattr(store, "pipe_file", no_conditions)
    for _ in range(2):
        assert save("memory://bucket/swaps").url == "memory://bucket/swaps/segmind-5.jpg"
    assert store.cat_file("/bucket/swaps/segmind-5.jpg") == PICTURE
    assert len(store.store) == 2


@pytest.mark.parametrize("loud", [True, False])
def test_a_write_that_breaks_off_leaves_nothing(store: Store, loud: bool) -> None:
    store.limit, store.loud = 100_000, loud
    with pytest.raises(ResultError, match=r"segmind-5\.jpg could not be written to output_path") as caught:
        save("memory://bucket/swaps")
    assert ("disk full" if loud else f"100000 of {len(PICTURE)} bytes arrived") in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert not store.store, "nor does the line keep the name"
    assert store.discarded is loud


def test_a_write_that_breaks_off_spares_the_file_of_an_earlier_try(store: Store) -> None:
    save("memory://bucket/swaps")
    store.limit = 100_000
    with pytest.raises(ResultError):
        save("memory://bucket/swaps")
    assert store.cat_file("/bucket/swaps/segmind-5.jpg") == PICTURE
    assert "/bucket/swaps/segmind-5.jpg.provenance.json" in store.store


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = local_place.shutil.copyfileobj

    def full(source: Any, sink: Any, chunk: int) -> None:
        copy(io.BytesIO(source.read(1000)), sink)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(local_place.shutil, "copyfileobj", full)
    with pytest.raises(ResultError, match="No space left on device; mend it and retry or clear: nothing is"):
        save(f"file://{tmp_path}/out")
    assert not list((tmp_path / "out").iterdir())
    monkeypatch.undo()
    assert save(f"file://{tmp_path}/out").bytes == len(PICTURE)


def test_a_file_is_created_once(folder: str) -> None:
    found = place(folder)
    assert found.create("a", b"first") and not found.create("a", b"second")
    assert found.read("a", 3) == b"fir" and found.read("a", 99) == b"first"
    found.write("a", b"")
    assert (found.read("a", 3), found.size("a")) == (b"", 0)
    assert found.names("") == ["a"], "and nothing unfinished is left"
    found.remove("a")
    found.remove("a")
    assert not found.exists("a") and found.size("a") is None
    with pytest.raises(FileNotFoundError):
        found.read("a", 1)


def test_two_writers_of_the_same_moment_do_not_both_create_a_file(
    s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 may answer one of them with a conflict while the other's file is not there yet."""
    found = place(f"{s3.url}/{tmp_path.name}")
    assert isinstance(found, StoredPlace)
    pipe_file = found._fs.pipe_file
    conflicts = [OSError(errno.EBUSY, "ConditionalRequestConflict")]

    def conflict(path: str, value: bytes, **options: Any) -> None:
        if conflicts:
            raise conflicts.pop()
        if options:
            s3.client.put_object(Bucket="bucket", Key=f"{tmp_path.name}/a", Body=b"the other")
        pipe_file(path, value, **options)

    monkeypatch.setattr(found._fs, "pipe_file", conflict)
    assert not found.create("a", b"mine")
    assert not conflicts and found.read("a", 99) == b"the other"


def test_names_are_found_by_their_start_in_the_folder_alone(folder: str) -> None:
    found = place(folder)
    for name in ("clip.mp4", "clip.mp4.provenance.json", "clips.mp4", "a-clip.mp4"):
        found.write(name, b"x")
    below = place(f"{folder}/clip.d")
    below.write("clip.mp4", b"x")
    assert sorted(set(found.names("clip.")) - {"clip.d"}) == ["clip.mp4", "clip.mp4.provenance.json"]
    assert found.names("clip?") == found.names("nothing") == []


def test_without_hard_links_a_file_is_created_once_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    test_a_file_is_created_once(f"file://{tmp_path}")


def test_what_is_unfinished_is_written_through_no_symlink(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Guessed:
        hex = "0" * 32

    monkeypatch.setattr(local_place, "uuid4", Guessed)
    os.symlink(tmp_path / "precious", tmp_path / f".faceswap-{'0' * 32}.part")
    with pytest.raises(ResultError, match="FileExistsError"):
        save(f"file://{tmp_path}")
    assert not (tmp_path / "precious").exists()
