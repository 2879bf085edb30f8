from __future__ import annotations

import asyncio
import io
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
import tenacity
from aiohttp import web

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import download as downloads
from airflow_provider_faceswap.storage import outputs
from airflow_provider_faceswap.storage import part as parts
from airflow_provider_faceswap.storage.download import download
from airflow_provider_faceswap.storage.outputs import OutputStore
from airflow_provider_faceswap.storage.part import Budget
from airflow_provider_faceswap.storage.provenance import Owner
from tests.storage.conftest import MP4, Cdn
from tests.storage.settings import settings
from tests.storage.test_resuming import Cutting

JOB = Owner("modelslab", "278", "")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "wait_exponential_jitter", lambda **_: tenacity.wait_none())


def save(cdn: Cdn, urls: list[str], tmp_path: Path, seconds: float = 30) -> None:
    store = OutputStore(f"file://{tmp_path}/out", "video", "single_video_swap")
    store.save(urls, settings(cdn.url), JOB, seconds=seconds)


def test_all_files_of_a_job_share_one_budget(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [cdn.give("/a"), cdn.give("/b"), cdn.give("/c")]
    monkeypatch.setattr(parts, "MAX_BYTES", 3 * len(MP4))
    save(cdn, urls, tmp_path)
    monkeypatch.setattr(parts, "MAX_BYTES", 3 * len(MP4) - 1)
    with pytest.raises(ResultError, match=rf"larger than {3 * len(MP4) - 1} bytes, over all its files"):
        save(cdn, urls, tmp_path)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("etag", [{}, {"ETag": '"abc"'}])
def test_all_tries_of_a_file_share_it_as_well(cdn: Cdn, tmp_path: Path, etag: dict[str, str]) -> None:
    """What came is paid for, also where a server makes every try start over."""
    url = cdn.on("/a", Cutting(cuts=2, keep=300_000, **etag))
    budget = Budget(max_bytes=len(MP4) + 300_000)
    if etag:
        download(url, tmp_path / "f", "video", settings(cdn.url), budget)
        assert (tmp_path / "f").read_bytes() == MP4
    else:
        with pytest.raises(ResultError, match="larger than"):
            download(url, tmp_path / "f", "video", settings(cdn.url), budget)


def hanging(released: threading.Event) -> Any:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = len(MP4)
        await response.prepare(request)
        await response.write(MP4[:1000])
        await asyncio.to_thread(released.wait, 20)
        return response

    return handler


def test_one_deadline_ends_a_download_in_its_middle(cdn: Cdn, tmp_path: Path) -> None:
    released = threading.Event()
    url = cdn.on("/a", hanging(released))
    with pytest.raises(ResultError, match=rf"the 3 s that .* are over after 1000 of {len(MP4)} bytes"):
        save(cdn, [url], tmp_path, seconds=3)
    released.set()
    assert not list((tmp_path / "out").iterdir())


def test_past_its_deadline_nothing_is_asked_for(cdn: Cdn, tmp_path: Path) -> None:
    for seconds in (0, -5):
        with pytest.raises(ResultError, match="are over; mend it and retry or clear: nothing is paid again"):
            save(cdn, [cdn.give("/a")], tmp_path, seconds=seconds)
    assert not cdn.asked


def test_a_dead_link_is_not_waited_for_past_the_deadline(cdn: Cdn, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="are over"):
        save(cdn, [cdn.give("/a", status=404)], tmp_path, seconds=0.5)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("chunked", [True, False])
def test_a_download_that_breaks_off_says_how_much_came(cdn: Cdn, tmp_path: Path, chunked: bool) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if not chunked:
            response.content_length = len(MP4)
        await response.prepare(request)
        await response.write(MP4[:1000])
        assert request.transport
        request.transport.close()
        return response

    url = cdn.on("/a", handler)
    total = "an unknown number of" if chunked else len(MP4)
    with pytest.raises(ResultError, match=f"IncompleteRead from 127.0.0.1 after 1000 of {total} bytes"):
        download(url, tmp_path / "f", "video", settings(cdn.url), patience=0)


@pytest.mark.parametrize("failing", ["write", "close"])
def test_a_full_disk_is_not_blamed_on_the_link(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    class Full(io.BufferedWriter):
        """The system may notice only when the rest is written at the end."""

    def fail(self: Full, *_: Any) -> None:
        io.BufferedWriter.close(self)
        raise OSError(28, "No space left on device")

    setattr(Full, failing, fail)
    monkeypatch.setattr(Path, "open", lambda self, mode: Full(io.FileIO(self, mode)))
    with pytest.raises(ResultError, match="could not be written: No space left on device; mend it and retry"):
        save(cdn, [cdn.give("/a")], tmp_path)
    monkeypatch.undo()
    assert len(cdn.asked) == 1 and not list((tmp_path / "out").iterdir())


def test_a_folder_that_is_gone_is_not_blamed_on_the_link(cdn: Cdn, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="missing could not be written: No such file or directory"):
        download(cdn.give("/a"), tmp_path / "missing" / "f", "video", settings(cdn.url))
    assert len(cdn.asked) == 1


def test_a_file_on_its_way_is_private_and_goes_as_soon_as_it_is_stored(
    cdn: Cdn, tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On local disk it lies in the folder itself, so that it is renamed and not copied."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    above = tmp_path / "out" if folder.startswith("file:") else tmp_path
    fetch, seen = outputs.download, []

    def look(url: str, target: Path, *rest: Any) -> Any:
        (scratch,) = above.glob(".faceswap-*.part" if above != tmp_path else "faceswap-*")
        seen.append((scratch.stat().st_mode & 0o777, sorted(scratch.iterdir())))
        return fetch(url, target, *rest)

    monkeypatch.setattr(outputs, "download", look)
    store = OutputStore(folder, "video", "single_video_swap")
    urls = [cdn.give("/a"), cdn.give("/b"), cdn.give("/c", b"<html>")]
    with pytest.raises(ResultError, match="HTML page"):
        store.save(urls, settings(cdn.url), JOB, seconds=30)
    assert seen == [(0o700, [])] * 3
    assert not [path for path in above.iterdir() if "faceswap-" in path.name.partition("modelslab")[0]]


def test_a_file_that_another_process_cut_short_is_not_stored(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = outputs.download

    def cut(url: str, target: Path, *rest: Any) -> Any:
        fetched = fetch(url, target, *rest)
        target.write_bytes(MP4[:-1])
        return fetched

    monkeypatch.setattr(outputs, "download", cut)
    with pytest.raises(ResultError, match=f"the file has not the {len(MP4)} bytes that arrived"):
        save(cdn, [cdn.give("/a")], tmp_path)
    assert not list((tmp_path / "out").iterdir())
