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
    with pytest.raises(ResultError, match=rf"the 0\.3 s that .* are over after 1000 of {len(MP4)} bytes"):
        save(cdn, [url], tmp_path, seconds=0.3)
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
    with pytest.raises(ResultError, match=f"ClientPayloadError from 127.0.0.1 after 1000 of {total} bytes"):
        download(url, tmp_path / "f", "video", settings(cdn.url), patience=0)


def test_a_full_disk_is_not_blamed_on_the_link(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def write(self, chunk: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.Part, "open", lambda _: Full())
    with pytest.raises(ResultError, match="could not be written: No space left on device; mend it and retry"):
        save(cdn, [cdn.give("/a")], tmp_path)
    assert len(cdn.asked) == 1
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", f"{tmp_path}/missing")
    with pytest.raises(ResultError, match=r"FileNotFoundError: .*nothing is paid again"):
        save(cdn, [cdn.give("/a")], tmp_path)


def test_local_copies_are_private_and_go_as_soon_as_each_is_stored(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fetch, seen = outputs.download, []

    def look(url: str, target: Path, *rest: Any) -> None:
        (scratch,) = tmp_path.glob("faceswap-*")
        seen.append((scratch.stat().st_mode & 0o777, sorted(scratch.iterdir())))
        fetch(url, target, *rest)

    monkeypatch.setattr(outputs, "download", look)
    with pytest.raises(ResultError):
        save(cdn, [cdn.give("/a"), cdn.give("/b"), cdn.give("/c", b"<html>")], tmp_path)
    assert seen == [(0o700, [])] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
