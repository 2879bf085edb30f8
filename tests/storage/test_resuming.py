from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tenacity
from aiohttp import web

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import download as downloads
from airflow_provider_faceswap.storage import part as parts
from airflow_provider_faceswap.storage.download import download
from tests.storage.conftest import MP4, Cdn
from tests.storage.settings import settings

LATER = MP4[:600] + b"another" * (len(MP4) // 7)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "wait_exponential_jitter", lambda **_: tenacity.wait_none())


class Cutting:
    """Cuts its first answers after this many bytes; gives the rest to who asks for it."""

    def __init__(self, cuts: int = 1, keep: int = 300_000, honour: bool = True, **headers: str) -> None:
        self.cuts, self.keep, self.honour = cuts, keep, honour
        self.headers = headers
        self.asked: list[tuple[str | None, str | None]] = []
        self.body = MP4

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        wanted, validator = request.headers.get("Range"), request.headers.get("If-Range")
        self.asked.append((wanted, validator))
        start = 0
        headers = dict(self.headers)
        if (
            wanted
            and self.honour
            and validator in (self.headers.get("ETag"), self.headers.get("Last-Modified"))
        ):
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            headers["Content-Range"] = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
        rest = self.body[start:]
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        response.content_length = len(rest)
        await response.prepare(request)
        if self.cuts:
            self.cuts -= 1
            await response.write(rest[: self.keep])
            assert request.transport
            request.transport.close()
        else:
            await response.write(rest)
        return response


def fetched(cdn: Cdn, tmp_path: Path, handler: Any, patience: float = 10) -> bytes:
    url = cdn.on("/clip", handler)
    found = download(url, tmp_path / "f", "video", settings(cdn.url), patience=patience)
    content = (tmp_path / "f").read_bytes()
    assert found == (len(content), hashlib.sha256(content).hexdigest(), "mp4"), "hashed on the way"
    return content


@pytest.mark.parametrize("validator", [{"ETag": '"abc"'}, {"Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"}])
def test_a_cut_download_is_taken_up_again(cdn: Cdn, tmp_path: Path, validator: dict[str, str]) -> None:
    handler = Cutting(cuts=2, keep=200_000, **validator)
    assert fetched(cdn, tmp_path, handler) == MP4
    (first, *later) = handler.asked
    assert first == (None, None) and len(later) == 2
    starts = [int(str(wanted)[6:-1]) for wanted, _ in later]
    assert 0 < starts[0] < starts[1] and {given for _, given in later} == set(validator.values())


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}])
def test_without_a_strong_validator_it_starts_again(
    cdn: Cdn, tmp_path: Path, headers: dict[str, str]
) -> None:
    handler = Cutting(**headers)
    assert fetched(cdn, tmp_path, handler) == MP4
    assert handler.asked == [(None, None)] * 2


def test_a_server_that_ignores_the_range_is_taken_from_the_start(cdn: Cdn, tmp_path: Path) -> None:
    assert fetched(cdn, tmp_path, Cutting(honour=False, ETag='"abc"')) == MP4


def test_a_file_that_has_changed_is_taken_from_the_start(cdn: Cdn, tmp_path: Path) -> None:
    class Changing(Cutting):
        async def __call__(self, request: web.Request) -> web.StreamResponse:
            if self.asked:
                self.headers, self.body = {"ETag": '"def"'}, LATER
            return await super().__call__(request)

    assert fetched(cdn, tmp_path, Changing(ETag='"abc"')) == LATER


@pytest.mark.parametrize(
    "lie",
    [
        {"Content-Range": "bytes 5-9/10"},
        {"Content-Range": f"bytes 0-{len(MP4) - 1}/{len(MP4)}"},
        {"Content-Range": "bytes */10"},
        {"Content-Range": "nonsense"},
        {"ETag": '"other"'},
        {},
    ],
)
def test_a_rest_that_is_not_the_one_asked_for_is_not_put_behind_the_start(
    cdn: Cdn, tmp_path: Path, lie: dict[str, str]
) -> None:
    good = Cutting(ETag='"abc"')

    async def handler(request: web.Request) -> web.StreamResponse:
        if wanted := request.headers.get("Range"):
            start = int(wanted[6:-1])
            honest = {"Content-Range": f"bytes {start}-{len(MP4) - 1}/{len(MP4)}"} if "ETag" in lie else {}
            return web.Response(status=206, body=MP4[start:], headers={**honest, **lie})
        return await good(request)

    assert fetched(cdn, tmp_path, handler) == MP4
    assert good.asked == [(None, None)] * 2, "the whole file is asked for again"


def test_416_starts_again(cdn: Cdn, tmp_path: Path) -> None:
    good = Cutting(ETag='"abc"')

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=416) if "Range" in request.headers else await good(request)

    assert fetched(cdn, tmp_path, handler) == MP4


def by_requests(monkeypatch: pytest.MonkeyPatch, handler: Cutting) -> None:
    """A second passes with each request, and none otherwise."""
    monkeypatch.setattr(parts, "time", SimpleNamespace(monotonic=lambda: float(len(handler.asked))))


def test_progress_renews_the_patience_and_standstill_does_not(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = Cutting(cuts=10**6, keep=1000)
    by_requests(monkeypatch, handler)
    with pytest.raises(ResultError, match="IncompleteRead from 127"):
        fetched(cdn, tmp_path, handler, patience=3)
    assert len(handler.asked) == 4


def test_a_server_that_always_adds_a_little_and_cuts_is_bounded(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "GRACE", 10.0)
    monkeypatch.setattr(parts, "SLOWEST", 10 * 1024 * 1024)
    handler = Cutting(cuts=10**6, keep=50, ETag='"abc"')
    by_requests(monkeypatch, handler)
    with pytest.raises(ResultError, match="slower than 10240 KB a second"):
        fetched(cdn, tmp_path, handler)
    assert len(handler.asked) == 11
