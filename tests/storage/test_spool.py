from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest
from airflow.sdk import ObjectStoragePath

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import spool
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.provenance import Owner
from tests.storage.conftest import JPEG

NAME = f"faceswap-paid-{'0a' * 16}"


@pytest.fixture(autouse=True)
def tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory for temporary files."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", f"{tmp_path}/tmp")
    return tmp_path / "tmp"


@pytest.fixture
def configured(folder: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AIRFLOW__FACESWAP__SPOOL", f"{folder}/")
    return folder


def read(spooled_at: str, tmp: Path) -> bytes:
    target = tmp.parent / "target"
    spool.read_to(spooled_at, target)
    return target.read_bytes()


def unreadable(spooled_at: str, tmp: Path) -> str:
    with pytest.raises(ResultError) as caught:
        read(spooled_at, tmp)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def test_another_worker_finds_it_in_the_spool(
    configured: str, tmp: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", f"file://{tmp}/inbox")
    caplog.set_level("INFO")
    spooled_at = spool.write(JPEG)
    folder, _, name = spooled_at.rpartition("/")
    assert folder == configured and spool._NAME.match(name) and spooled_at in caplog.text
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    assert read(spooled_at, tmp) == JPEG
    spool.discard(spooled_at)
    assert "FileNotFoundError" in unreadable(spooled_at, tmp) and not list(tmp.iterdir())


def test_without_a_spool_it_lies_in_the_inbox(
    folder: str, tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", folder)
    spooled_at = spool.write(JPEG)
    assert spooled_at.startswith(f"{folder}/spool/faceswap-paid-") and read(spooled_at, tmp) == JPEG
    monkeypatch.setenv("AIRFLOW__FACESWAP__SPOOL", f"file://{tmp}/later")
    assert read(spooled_at, tmp) == JPEG, "the inbox is still looked at"
    spool.discard(spooled_at)
    assert not ObjectStoragePath(spooled_at).exists()


def test_with_neither_it_lies_on_local_disk(tmp: Path, caplog: pytest.LogCaptureFixture) -> None:
    spooled_at = spool.write(JPEG)
    (file,) = tmp.iterdir()
    assert spooled_at == f"{socket.gethostname()}:{file}" and read(spooled_at, tmp) == JPEG
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "no other worker reaches it: set [faceswap] spool" in caplog.text
    spool.discard(spooled_at)
    spool.discard(spooled_at)
    assert not list(tmp.iterdir())


@pytest.mark.parametrize(
    "bad", ["s3://nowhere@bucket/spool", "nosuch://x", "relative", "file:///proc/nowhere"]
)
def test_what_is_paid_is_kept_even_where_the_spool_is_broken(
    bad: str, tmp: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__SPOOL", bad)
    monkeypatch.setenv("AIRFLOW__FACESWAP__INBOX", f"file://{tmp.parent}/inbox")
    spooled_at = spool.write(JPEG)
    assert spooled_at.startswith(f"file://{tmp.parent}/inbox/spool/") and read(spooled_at, tmp) == JPEG
    assert [record.levelname for record in caplog.records].count("ERROR") >= 1


def test_a_full_disk_is_an_error_of_the_family(tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultError, match=r"could not be kept .* either: OSError: .*No space left"):
        spool.write(JPEG)
    assert not list(tmp.iterdir())


@pytest.mark.parametrize(
    "entry",
    [
        "{spool}/../precious",
        "{spool}/precious",
        "{spool}/below/" + NAME,
        "{spool}/" + NAME + ".mp4",
        "{spool}/" + NAME + "\n",
        "{spool}/" + NAME.upper(),
        "{spool}//" + NAME,
        "file:///etc/" + NAME,
        "s3://nowhere@bucket/" + NAME,
        "simplecache::{spool}/" + NAME,
        "https://example.com/" + NAME,
        "host:/etc/passwd",
        "host:{tmp}/precious",
        "host:{tmp}/../" + NAME,
        "host:{tmp}/below/" + NAME,
        "host:" + NAME,
        "host:",
        "",
        "\x00",
        "host:{tmp}/" + NAME + "\x00",
    ],
)
def test_only_what_was_written_here_is_read_or_deleted(
    configured: str, tmp: Path, entry: str, caplog: pytest.LogCaptureFixture
) -> None:
    spool.write(JPEG)
    folder = ObjectStoragePath(configured)
    for path in (folder / "precious", folder / "below" / NAME, tmp / "precious", tmp / "below" / NAME):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"precious")
    entry = entry.format(spool=configured, tmp=tmp)
    said = unreadable(entry, tmp)
    assert said.startswith("the paid picture in ") and said.isprintable()
    spool.discard(entry)
    assert "could not be deleted" in caplog.text
    for path in (folder / "precious", folder / "below" / NAME, tmp / "precious", tmp / "below" / NAME):
        assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("what", ["symlink", "fifo", "folder", "missing"])
@pytest.mark.parametrize("where", ["here", "spool"])
def test_what_is_not_a_file_is_neither_read_nor_deleted(
    tmp: Path, what: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__SPOOL", f"file://{tmp}")
    path, precious = tmp / NAME, tmp / "precious"
    precious.write_bytes(b"precious")
    if what == "symlink":
        os.symlink(precious, path)
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    entry = f"host:{path}" if where == "here" else f"file://{path}"
    said = unreadable(entry, tmp)
    if where == "here":
        assert f"this worker ({socket.gethostname()}) does not see it: run the task on that worker" in said
        spool.discard(entry)
        assert os.path.lexists(path) is (what != "missing")
    assert precious.read_bytes() == b"precious"


def test_another_users_file_is_neither_read_nor_deleted(tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp / NAME).write_bytes(JPEG)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "belongs to another user" in unreadable(f"host:{tmp}/{NAME}", tmp)
    spool.discard(f"host:{tmp}/{NAME}")
    assert (tmp / NAME).exists()


def test_a_spooled_picture_is_stored_and_stays_until_it_is_discarded(configured: str, tmp: Path) -> None:
    job = Owner("segmind", "", "u-u-i-d")
    spooled_at = spool.write(JPEG)
    out = OutputStore(f"{configured}/out", "image", "faceswap-v2")
    file = out.save_spooled(spooled_at, job)
    assert file.url == f"{configured}/out/segmind-u-u-i-d.jpg"
    assert ObjectStoragePath(file.url).read_bytes() == JPEG == read(spooled_at, tmp)
    with pytest.raises(ResultError, match=r"cannot be read: .*nothing is paid again"):
        out.save_spooled("host:/etc/passwd", job)
    assert not list(tmp.iterdir()), "local copies go"
