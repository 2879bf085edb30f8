"""However much a folder holds: nothing is listed for a single file, and once for a batch."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from airflow.sdk import ObjectStoragePath
from fsspec.implementations.memory import MemoryFileSystem

from airflow_provider_faceswap.exceptions import InputError, NotSentError, ResultError
from airflow_provider_faceswap.storage.checks import check_writable
from airflow_provider_faceswap.storage.outputs import OutputStore, StoredFile, still_there
from airflow_provider_faceswap.storage.places import LocalPlace, StoredPlace, open_place
from airflow_provider_faceswap.storage.provenance import Owner, claim
from tests.buckets import S3
from tests.storage.conftest import JPEG, MP4, Cdn
from tests.storage.settings import settings

JOB = Owner("segmind", "5", "u-u-i-d", 1.8e9, {"face": "a"})


def store(folder: str | None, name: str | None = None) -> OutputStore:
    return OutputStore(folder, "image", "faceswap-v2", output_name=name)


def in_opened(made: OutputStore) -> OutputStore:
    """Return the same store with its folder opened, as a batch does."""
    return replace(made, place=check_writable(str(made.output_path)))


def fail(*_: Any, **__: Any) -> Any:
    raise AssertionError("the folder was looked at")


@pytest.fixture
def unlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No store is asked for anything."""
    for kind in (LocalPlace, StoredPlace):
        for name in ("names", "sizes", "there", "exists", "size", "read", "create", "write"):
            monkeypatch.setattr(kind, name, fail)


def test_files_are_listed_with_their_sizes_in_the_folder_alone(folder: str) -> None:
    place = open_place(folder, ResultError)
    assert place.sizes() == {}
    place.prepare()
    for name, content in {"a.mp4": b"12", "a.mp4.provenance.json": b"1", "ü b": b""}.items():
        place.write(name, content)
    for beside in (f"{folder}/below", f"{folder}2"):
        other = open_place(beside, ResultError)
        other.prepare()
        other.write("c", b"3")
    assert place.sizes() == {"a.mp4": 2, "a.mp4.provenance.json": 1, "ü b": 0}


def test_a_listing_shows_what_another_process_has_written(s3: S3, tmp_path: Path) -> None:
    place = open_place(f"{s3.url}/{tmp_path.name}", ResultError)
    place.write("a", b"1")
    assert place.sizes() == {"a": 1}
    s3.client.put_object(Bucket="bucket", Key=f"{tmp_path.name}/b", Body=b"22")
    s3.client.put_object(Bucket="bucket", Key=f"{tmp_path.name}/a", Body=b"333")
    assert place.sizes() == {"a": 3, "b": 2}


def test_what_is_not_a_file_is_not_listed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    os.symlink("/etc/passwd", tmp_path / "link")
    (tmp_path / "file").write_bytes(b"1")
    assert open_place(f"file://{tmp_path}", ResultError).sizes() == {"file": 1}


def test_names_are_asked_for_one_by_one(folder: str) -> None:
    place = open_place(folder, ResultError)
    assert place.there("a", "a.b") == set()
    place.prepare()
    for name in ("a", "a.c"):
        place.write(name, b"x")
    assert place.there("a", "a.b", "a.c") == {"a", "a.c"}


def test_a_file_is_stored_without_a_look_at_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("listdir", "scandir"):
        monkeypatch.setattr(os, name, fail)
    store(f"file://{tmp_path}/out").check()
    file = store(f"file://{tmp_path}/out", "clip").save_content(JPEG, JOB)
    assert store(f"file://{tmp_path}/out", "clip").save_content(JPEG, JOB) == file
    other = store(f"file://{tmp_path}/out", "clip").save_content(JPEG, replace(JOB, job_id="6"))
    assert other.url.endswith("/clip-6.jpg")


def test_a_store_that_cannot_list_by_prefix_is_not_walked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    files = MemoryFileSystem(skip_instance_cache=True)
    monkeypatch.setattr(files, "store", {})
    for name in ("find", "walk", "ls"):
        monkeypatch.setattr(files, name, fail)
    place = StoredPlace(mock.Mock(fs=files, path="/bucket/out"))
    assert claim(place, "clip.jpg", JOB, JOB.line(None, {}))
    assert claim(place, "clip.jpg", JOB, JOB.line(None, {}))
    assert not claim(place, "clip.jpg", replace(JOB, job_id="6"), b"{}")
    assert place.there("clip.jpg", "clip.jpg.provenance.json") == {"clip.jpg.provenance.json"}


def test_a_folder_is_proven_writable_once_for_a_batch(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = in_opened(store(folder))
    for kind in (LocalPlace, StoredPlace):
        monkeypatch.setattr(kind, "prepare", fail)
    monkeypatch.setattr("airflow_provider_faceswap.storage.outputs.open_place", fail)
    monkeypatch.setattr("airflow_provider_faceswap.storage.outputs.check_writable", fail)
    named = replace(opened, output_name="clip")
    named.check()
    file = named.save_content(JPEG, JOB)
    assert file.url == f"{folder}/clip.jpg"
    with pytest.raises(InputError, match=r"clip\.jpg in output_path belongs to job 5"):
        named.check()
    assert opened.listing().holds(file) and opened == store(folder)


def test_what_killed_workers_left_is_removed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    for name in ("stale", "alive", "other"):
        scratch = out / (f".faceswap-{name}.part" if name != "other" else ".other.part")
        scratch.mkdir()
        (scratch / "result").write_bytes(b"x")
        for path in (scratch / "result", scratch) if name != "alive" else (scratch,):
            os.utime(path, (1, 1))
    (out / ".faceswap-file.part").write_bytes(b"x")
    (out / ".faceswap-new.part").write_bytes(b"x")
    os.symlink(precious, out / ".faceswap-link.part")
    os.utime(out / ".faceswap-file.part", (1, 1))
    os.utime(out / ".faceswap-link.part", (1, 1), follow_symlinks=False)
    os.utime(precious, (1, 1))
    with LocalPlace(out).scratch():
        pass
    left = sorted(path.name for path in out.iterdir())
    assert left == [".faceswap-alive.part", ".faceswap-new.part", ".other.part"] and precious.exists()


def test_what_cannot_be_removed_is_only_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def denied(self: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(LocalPlace, "stale", denied)
    with LocalPlace(tmp_path).scratch():
        pass
    assert "could not be deleted: Permission denied" in caplog.text


def test_a_folder_that_cannot_be_written_is_found_out_at_once(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(InputError, match=r"output_path: .*out cannot be"):
        store(f"file://{tmp_path}/out").listing()


def test_a_store_that_fails_while_it_is_listed_may_be_asked_again(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Any) -> Any:
        raise ConnectionError("reset")

    for kind in (LocalPlace, StoredPlace):
        monkeypatch.setattr(kind, "sizes", away)
    with pytest.raises(NotSentError, match="cannot be listed now: ConnectionError: reset; nothing was sent"):
        store(folder).listing()


def test_with_a_listing_no_store_is_asked_for_a_name_that_is_free(
    folder: str, request: pytest.FixtureRequest
) -> None:
    opened = in_opened(store(folder))
    replace(opened, output_name="beach.v2").save_content(JPEG, JOB)
    listing = opened.listing()
    with pytest.raises(InputError, match=r"beach\.v2\.jpg in output_path belongs to job 5"):
        replace(opened, output_name="beach.v2").check(listing=listing)
    replace(opened, output_name="beach.v2").check(listing=listing, replaces={"5"})
    replace(opened, output_name="beach.v2").check(listing=listing, made_from={"face": "a"})
    request.getfixturevalue("unlooked")
    for name in ("beach", "beach.v", "v2", "other"):
        replace(opened, output_name=name).check(listing=listing)


def test_with_a_listing_no_store_is_asked_for_files_that_are_there(
    folder: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    files = [store(folder, name).save_content(JPEG, JOB) for name in "ab"]
    elsewhere = store(f"file://{tmp_path}/elsewhere").save_content(JPEG, JOB)
    listing = store(folder).listing()
    assert still_there([*files, elsewhere], listing)
    assert not still_there([replace(elsewhere, bytes=1)], listing)
    gone = StoredFile(f"{folder}/c.jpg", 5, "0" * 64, "jpg")
    request.getfixturevalue("unlooked")
    assert still_there(files, listing)
    assert not still_there([replace(files[0], bytes=1)], listing) and not still_there([gone], listing)


def test_threads_store_side_by_side_in_one_opened_folder(cdn: Cdn, folder: str) -> None:
    opened = in_opened(OutputStore(folder, "video", "single_video_swap"))
    contents = {f"{number}": MP4 + bytes(f"{number}", "ascii") for number in range(24)}
    urls = {job_id: cdn.give(f"/{job_id}", content) for job_id, content in contents.items()}

    def save(job_id: str) -> StoredFile:
        # Half of the jobs want the same name.
        store = replace(opened, output_name="clip" if int(job_id) % 2 else None)
        owner = replace(JOB, job_id=job_id, submitted_at=1.8e9 + int(job_id))
        (file,) = store.save([urls[job_id]], settings(cdn.url), owner, seconds=60)
        return file

    with ThreadPoolExecutor(8) as pool:
        files = dict(zip(contents, pool.map(save, contents), strict=True))
    assert len({file.url for file in files.values()}) == len(contents)
    for job_id, file in files.items():
        assert ObjectStoragePath(file.url).read_bytes() == contents[job_id]
        assert file.sha256 == hashlib.sha256(contents[job_id]).hexdigest()
    assert len(opened.listing().sizes) == 2 * len(contents), "nothing else is left"


def test_a_listing_is_of_the_folder_as_it_was_named(tmp_path: Path) -> None:
    folder = f"local://{tmp_path}/out"
    file = store(folder).save_content(JPEG, JOB)
    assert file.url.startswith("local://") and store(f"{folder}/").listing().covers(file)
    assert ObjectStoragePath(file.url).exists()
