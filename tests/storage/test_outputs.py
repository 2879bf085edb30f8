from __future__ import annotations

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_faceswap import __version__
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import outputs, places
from airflow_provider_faceswap.storage.outputs import OutputStore, StoredFile, still_there
from airflow_provider_faceswap.storage.provenance import Owner
from tests.buckets import S3
from tests.storage.conftest import JPEG, MP4, Cdn
from tests.storage.settings import settings

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "provenance.schema.json").read_text())
UUID = "6a1f0e2c-1111-4222-8333-944445555666"
JOB = Owner("modelslab", "278", UUID, 1.8e9)
OTHER = replace(JOB, job_id="279", submitted_at=1.8e9 + 5)
FREE = "mend it and retry or clear: nothing is paid again"


def store(folder: str | None, kind: Any = "any", **fields: Any) -> OutputStore:
    return OutputStore(folder, kind, "single_video_swap", **fields)


def saved(
    cdn: Cdn, urls: list[str], folder: str, kind: Any = "any", job: Owner = JOB, **fields: Any
) -> list[StoredFile]:
    return store(folder, kind, **fields).save(urls, settings(cdn.url), job, seconds=30)


def names(folder: str) -> list[str]:
    path = ObjectStoragePath(folder)
    path.fs.invalidate_cache()
    return sorted(found.name for found in path.iterdir()) if path.exists() else []


def content(url: str) -> bytes:
    found: bytes = ObjectStoragePath(url).read_bytes()
    return found


def line(file: StoredFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content(f"{file.url}.provenance.json"))
    return found


def whole(file: StoredFile) -> bool:
    found = content(file.url)
    return (len(found), hashlib.sha256(found).hexdigest()) == (file.bytes, file.sha256)


def test_a_result_is_stored_with_its_provenance(cdn: Cdn, folder: str) -> None:
    url = cdn.give("/out/clip") + "?token=../../x.exe"
    job = replace(JOB, inputs={"init_video": "s3://store@bucket/clip.mp4"})
    task = {"dag_id": "d", "run_id": "r", "task_id": "t", "map_index": 3, "try_number": 2}
    (file,) = saved(cdn, [url], folder, "video", job, consent_reference="form 7", task=task)
    digest = hashlib.sha256(MP4).hexdigest()
    assert file == StoredFile(f"{folder}/modelslab-278.mp4", len(MP4), digest, "mp4")
    assert content(file.url) == MP4
    found = line(file)
    assert found.pop("stored_at")
    jsonschema.validate(line(file), SCHEMA)
    assert found == {
        "schema_version": 1, "provider": "modelslab", "operation": "single_video_swap", "job_id": "278",
        "inputs": {"init_video": "s3://store@bucket/clip.mp4"},
        "submitted_at": "2027-01-15T08:00:00.000+00:00", "consent_reference": "form 7",
        "file": "modelslab-278.mp4", "url": file.url, "bytes": len(MP4), "sha256": digest, "format": "mp4",
        **task, "provider_version": __version__,
    }  # fmt: skip
    assert names(folder) == ["modelslab-278.mp4", "modelslab-278.mp4.provenance.json"]


def test_several_results_are_numbered_and_named(cdn: Cdn, folder: str) -> None:
    urls = [cdn.give("/a", JPEG), cdn.give("/b", JPEG)]
    stored = saved(cdn, urls, folder, "image", output_name="ü clip")
    assert [file.url for file in stored] == [f"{folder}/ü clip-1.jpg", f"{folder}/ü clip-2.jpg"]
    assert store(folder, output_name="ü clip").holds(stored, JOB)


def test_without_a_folder_nothing_is_asked_for(cdn: Cdn) -> None:
    assert store(None).save([cdn.give("/a")], settings(cdn.url), JOB, seconds=5.0) == []
    assert not cdn.asked
    with pytest.raises(ResultError, match="set output_path"):
        store(None).save_content(JPEG, JOB)


def test_a_job_without_an_id_is_named_by_its_uuid(folder: str) -> None:
    nameless = replace(JOB, provider="segmind", job_id="")
    file = store(folder, "image").save_content(JPEG, nameless)
    assert file.url == f"{folder}/segmind-{UUID}.jpg" and content(file.url) == JPEG
    assert (line(file)["job_id"], line(file)["uuid"]) == ("", UUID)


@pytest.mark.parametrize("job_id", ["../5", "a/b", ".", "5\n", "ü", "a" * 129])
def test_an_id_that_cannot_name_a_file_is_refused(cdn: Cdn, tmp_path: Path, job_id: str) -> None:
    with pytest.raises(ResultError, match="cannot name a file"):
        saved(cdn, [cdn.give("/a")], f"file://{tmp_path}/in", job=replace(JOB, job_id=job_id))
    with pytest.raises(ResultError, match="cannot name a file"):
        saved(
            cdn, [cdn.give("/a")], f"file://{tmp_path}/in", job=replace(JOB, job_id="", fallback_name=job_id)
        )
    assert not cdn.asked and not list(tmp_path.iterdir())


@pytest.mark.parametrize("output_name", ["../clip", "a/b", "", "x" * 300])
def test_a_name_that_leads_elsewhere_is_refused_without_a_check(tmp_path: Path, output_name: str) -> None:
    """A sensor pays nothing, and does not check before."""
    with pytest.raises(ResultError, match=f"output_name: .*{FREE}"):
        store(f"file://{tmp_path}/out", "image", output_name=output_name).save_content(JPEG, JOB)
    assert not list(tmp_path.iterdir())


def test_who_does_not_know_the_moment_of_submission_is_believed(folder: str) -> None:
    """A sensor may know it in milliseconds, or not at all."""
    for submitted_at in (1.8e9 + 0.1234, None, 1.8e9 + 0.123, 1.8e9 + 0.1239):
        file = store(folder, "image").save_content(JPEG, replace(JOB, submitted_at=submitted_at))
        assert file.url == f"{folder}/modelslab-278.jpg"


def test_the_same_jobs_file_is_replaced(cdn: Cdn, folder: str) -> None:
    url = cdn.give("/a")
    first = saved(cdn, [url], folder)
    cdn.give("/a", MP4 + b"more")
    (second,) = saved(cdn, [url], folder)
    assert first[0].url == second.url and content(second.url) == MP4 + b"more" and whole(second)
    assert line(second)["bytes"] == len(MP4) + 4 and len(names(folder)) == 2


@pytest.mark.parametrize("output_name", ["clip", None])
def test_another_jobs_file_is_never_overwritten(
    cdn: Cdn, folder: str, output_name: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    url = cdn.give("/a")
    (mine,) = saved(cdn, [url], folder, output_name=output_name)
    # Another host of the same vendor may give the same id.
    other = OTHER if output_name else replace(OTHER, job_id="278")
    for _ in range(2):
        (theirs,) = saved(cdn, [cdn.give("/b", MP4 + b"b")], folder, output_name=output_name, job=other)
        assert theirs.url == f"{folder}/{'clip-279' if output_name else 'modelslab-278-2'}.mp4"
        assert content(mine.url) == MP4 and whole(theirs)
    assert "belongs to another job; it is left alone" in caplog.text
    assert saved(cdn, [url], folder, output_name=output_name) == [mine]
    assert store(folder, output_name=output_name).holds([theirs], other)


@pytest.mark.parametrize(
    "beside",
    [None, b"", b"{", b"[]", b"null", b"[" * 60_000, b'{"provider": ["modelslab"], "job_id": 278}', b"\xff",
     b'{"provider": "modelslab", "job_id": "278"}' + b" " * 140_000 + b"x", b" " * 5_000_000],
)  # fmt: skip
def test_a_strangers_file_is_left_alone(cdn: Cdn, folder: str, beside: bytes | None) -> None:
    path = ObjectStoragePath(folder)
    path.mkdir(parents=True, exist_ok=True)
    (path / "clip.mp4").write_bytes(b"theirs")
    if beside is not None:
        (path / "clip.mp4.provenance.json").write_bytes(beside)
    (file,) = saved(cdn, [cdn.give("/a")], folder, output_name="clip")
    # White space behind a line is the line's own; what lies beyond its bound is not read.
    expected = "clip" if beside and beside.startswith(b'{"provider": "m') else "clip-278"
    assert file.url == f"{folder}/{expected}.mp4"
    assert content(f"{folder}/clip.mp4") == (MP4 if expected == "clip" else b"theirs")


@pytest.mark.parametrize("what", ["fifo", "symlink", "folder"])
def test_what_is_not_a_file_is_left_alone(cdn: Cdn, tmp_path: Path, what: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("clip.mp4", "clip.mp4.provenance.json"):
        if what == "fifo":
            os.mkfifo(out / name)
        elif what == "folder":
            (out / name).mkdir()
        else:
            os.symlink(tmp_path / "precious", out / name)
    (file,) = saved(cdn, [cdn.give("/a")], f"file://{out}", output_name="clip")
    assert file.url.endswith("/clip-278.mp4") and not (tmp_path / "precious").exists()


def test_a_crash_between_line_and_file_leaves_the_name_to_its_job(
    cdn: Cdn, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cdn.give("/a")
    with monkeypatch.context() as patch:
        patch.setattr(outputs, "put_claimed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            saved(cdn, [url], folder, output_name="clip")
    assert names(folder) == ["clip.mp4.provenance.json"]
    assert saved(cdn, [url], folder, output_name="clip", job=OTHER)[0].url == f"{folder}/clip-279.mp4"
    assert saved(cdn, [url], folder, output_name="clip")[0].url == f"{folder}/clip.mp4"


def test_two_jobs_that_store_the_same_name_at_once_both_keep_their_file(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that the name is free before either claims it."""
    together = threading.Barrier(2, timeout=60)
    looked = threading.local()
    for kind in (places.LocalPlace, places.StoredPlace):
        create = kind.create

        def create_together(self: Any, name: str, content: bytes, create: Any = create) -> bool:
            if not getattr(looked, "yet", False):
                looked.yet = True
                together.wait()
            return bool(create(self, name, content))

        monkeypatch.setattr(kind, "create", create_together)

    def save(job: Owner) -> StoredFile:
        return store(folder, "image", output_name="clip").save_content(JPEG + job.job_id.encode(), job)

    with ThreadPoolExecutor(2) as pool:
        files = list(pool.map(save, [JOB, OTHER]))
    assert all(whole(file) for file in files)
    found = {file.url.rpartition("/")[2] for file in files}
    assert "clip.jpg" in found and len(found) == 2
    assert [line(file)["job_id"] for file in files] == ["278", "279"]


def test_a_picture_is_stored_under_the_longest_names(tmp_path: Path) -> None:
    job = replace(JOB, job_id="j" * 128)
    for owner in (job, replace(job, submitted_at=5.0), replace(job, submitted_at=6.0)):
        for output_name in ("ä" * 64, None):
            file = store(f"file://{tmp_path}", "image", output_name=output_name).save_content(JPEG, owner)
            assert content(file.url) == JPEG
    assert len(list(tmp_path.iterdir())) == 12


def test_a_result_that_is_refused_leaves_nothing(cdn: Cdn, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=f"HTML page.*{FREE}"):
        saved(cdn, [cdn.give("/page", b"<html>" + b" " * 1000)], f"file://{tmp_path}/folder")
    assert not list((tmp_path / "folder").iterdir())


def test_copies_are_the_same_files_with_lines_of_their_own(cdn: Cdn, folder: str, tmp_path: Path) -> None:
    stored = saved(cdn, [cdn.give("/a"), cdn.give("/b", JPEG)], folder)
    target = store(f"file://{tmp_path}/new", output_name="final")
    assert not target.holds(stored, JOB)
    copies = target.copy(stored, JOB)
    assert [file.url.rpartition("/")[2] for file in copies] == ["final-1.mp4", "final-2.jpg"]
    assert [(f.sha256, f.bytes, f.format) for f in copies] == [(f.sha256, f.bytes, f.format) for f in stored]
    assert line(copies[1])["file"] == "final-2.jpg" and target.holds(copies, JOB)
    elsewhere = store(f"file://{tmp_path}/new")
    assert not elsewhere.holds(copies, JOB)
    assert still_there(stored) and still_there(copies)


@pytest.mark.parametrize("change", ["same size", "longer", "gone"])
def test_a_file_that_has_changed_is_not_copied(cdn: Cdn, folder: str, tmp_path: Path, change: str) -> None:
    (file,) = saved(cdn, [cdn.give("/a")], folder)
    path = ObjectStoragePath(file.url)
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(MP4[:-1] + (b"!" if change == "same size" else b"!!"))
    assert still_there([file]) is (change == "same size")
    said = "not the one that was stored"
    with pytest.raises(ResultError, match=f"could not be copied: .*{said}.*{FREE}"):
        store(f"file://{tmp_path}/new").copy([file], JOB)
    assert names(f"file://{tmp_path}/new") == []


def test_what_a_copy_names_must_be_a_result(tmp_path: Path) -> None:
    """The list of files lies in the state store, where others may write."""
    secret = tmp_path / "airflow.cfg"
    secret.write_bytes(b"secret")
    file = StoredFile(f"file://{secret}", 6, hashlib.sha256(b"secret").hexdigest(), "mp4")
    with pytest.raises(ResultError, match="something else"):
        store(f"file://{tmp_path}/new").copy([file], JOB)
    assert names(f"file://{tmp_path}/new") == []


def test_a_store_that_cannot_be_read_is_not_an_empty_one(s3: S3, tmp_path: Path) -> None:
    def file(url: str) -> StoredFile:
        return StoredFile(url, 5, "0" * 64, "mp4")

    assert still_there([file(f"{s3.url}/missing.mp4"), file("s3://nowhere@bucket/x.mp4")]) is False
    assert still_there([file("s3://store@nowhere/x.mp4")]) is False
    assert still_there([file(f"file://{tmp_path}/missing/x.mp4")]) is False
    (tmp_path / "in-the-way").write_text("x")
    assert still_there([file(f"file://{tmp_path}/in-the-way/x.mp4")]) is False
    for url in ("s3://nowhere@bucket/x.mp4", "nosuch://bucket/x.mp4"):
        with pytest.raises(ResultError, match=r"cannot check now whether .*x\.mp4 is still there"):
            still_there([file(url)])
