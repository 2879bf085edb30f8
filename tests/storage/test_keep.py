from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFileSystem
from pydantic import SecretStr

from airflow_provider_faceswap.exceptions import InputError, ResultError
from airflow_provider_faceswap.hooks.settings import Settings
from airflow_provider_faceswap.storage import download as downloads
from airflow_provider_faceswap.storage.download import download
from airflow_provider_faceswap.storage.hosts import HostRules
from airflow_provider_faceswap.storage.keep import check_folder, keep, open_folder

MP4 = b"\x00\x00\x00\x20ftypisom" + bytes(range(256)) * 2000
JPEG = b"\xff\xd8\xff\xe0" + b"jpeg" * 100
Handler = Callable[[web.Request], Any]


class Cdn:
    """A server on loopback that answers as a test tells it."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.asked: list[str] = []
        self.headers: list[Any] = []
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.headers.append(request.headers)
        return await self.handlers[request.path](request)

    def give(self, path: str, body: bytes = MP4, status: int = 200, **headers: str) -> str:
        async def handler(request: web.Request) -> web.Response:
            return web.Response(body=body, status=status, headers=headers)

        self.handlers[path] = handler
        return self.url + path


@pytest.fixture(scope="module")
def cdn() -> Iterator[Cdn]:
    server = Cdn()
    loop = asyncio.new_event_loop()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", server.serve)
    runner = web.AppRunner(app, access_log=None)
    loop.run_until_complete(runner.setup())
    site = web.TCPSite(runner, "127.0.0.1", 0)
    loop.run_until_complete(site.start())
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(runner.cleanup())
    loop.close()


@pytest.fixture(autouse=True)
def forget(cdn: Cdn) -> None:
    cdn.asked.clear()
    cdn.headers.clear()


def settings(base_url: str, **fields: Any) -> Settings:
    return Settings(base_url=base_url, api_key=SecretStr("k" * 8), timeout=5, **fields)


def test_a_result_is_kept_with_its_provenance(cdn: Cdn, tmp_path: Path) -> None:
    url = cdn.give(["/out/clip", "x=1"][0])
    folder = ObjectStoragePath(f"file://{tmp_path}/new/folder")
    stored = keep(
        [url], folder, stem="278", kind="video", settings=settings(cdn.url), provenance={"job_id": "278"}
    )
    assert stored == [f"file://{tmp_path}/new/folder/278.mp4"]
    kept = tmp_path / "new" / "folder" / "278.mp4"
    assert kept.read_bytes() == MP4
    line = json.loads((kept.parent / "278.mp4.provenance.json").read_text())
    assert line == {
        "job_id": "278", "file": "278.mp4", "bytes": len(MP4), "sha256": hashlib.sha256(MP4).hexdigest(),
    }  # fmt: skip
    assert sorted(path.name for path in kept.parent.iterdir()) == ["278.mp4", "278.mp4.provenance.json"]
    assert cdn.headers[0]["Accept-Encoding"] == "identity"


def test_several_results_are_numbered(cdn: Cdn, tmp_path: Path) -> None:
    urls = [cdn.give("/a", JPEG), cdn.give("/b", JPEG)]
    folder = ObjectStoragePath(f"file://{tmp_path}")
    stored = keep(urls, folder, stem="9", kind="image", settings=settings(cdn.url), provenance={})
    assert stored == [f"file://{tmp_path}/9-1.jpg", f"file://{tmp_path}/9-2.jpg"]


def test_an_object_store_gets_the_same_files(cdn: Cdn) -> None:
    attach("memory", fs=MemoryFileSystem())
    folder = ObjectStoragePath("memory://bucket/swaps")
    stored = keep([cdn.give("/m")], folder, stem="5", kind="any", settings=settings(cdn.url), provenance={})
    assert ObjectStoragePath(stored[0]).read_bytes() == MP4


def test_a_folder_that_cannot_be_written_is_named(cdn: Cdn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = ObjectStoragePath(f"file://{tmp_path}/file")
    with pytest.raises(ResultError, match=r"5\.mp4 could not be written to output_path"):
        keep([cdn.give("/w")], folder, stem="5", kind="any", settings=settings(cdn.url), provenance={})


def test_a_cdn_that_lags_behind_is_asked_again(cdn: Cdn, tmp_path: Path) -> None:
    async def late(request: web.Request) -> web.Response:
        return web.Response(status=404) if cdn.asked.count("/late") < 3 else web.Response(body=MP4)

    cdn.handlers["/late"] = late
    assert download(f"{cdn.url}/late", tmp_path / "f", "video", settings(cdn.url)) == "mp4"
    assert cdn.asked.count("/late") == 3


def short(request: web.Request) -> Any:
    async def answer() -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000000"})
        await response.prepare(request)
        await response.write(MP4[:5000])
        assert request.transport
        request.transport.close()
        return response

    return answer()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 404}, "HTTP 404"),
        ({"status": 503}, "HTTP 503"),
        ({"status": 403}, "may have expired"),
        ({"body": b"<!DOCTYPE html><p>Sign in</p>"}, "an HTML page in place of video"),
        ({"body": JPEG}, "something else in place of video"),
        ({"body": b""}, "empty body"),
        ({"Content-Encoding": "gzip"}, "compressed"),
        (short, "ClientPayloadError"),
    ],
)
def test_what_is_not_the_result_is_not_kept(cdn: Cdn, tmp_path: Path, answer: Any, said: str) -> None:
    if callable(answer):
        cdn.handlers["/bad"] = answer
    else:
        cdn.give("/bad", **answer)
    with pytest.raises(ResultError, match=said) as caught:
        download(f"{cdn.url}/bad?token=t0k3n", tmp_path / "f", "video", settings(cdn.url), patience=0)
    assert "t0k3n" not in str(caught.value) and caught.value.__context__ is None


def test_a_result_larger_than_allowed_is_refused(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MAX_BYTES", 1000)
    with pytest.raises(ResultError, match="larger than 1000 bytes"):
        download(cdn.give("/big"), tmp_path / "f", "video", settings(cdn.url))

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(MP4)
        return response

    cdn.handlers["/endless"] = endless
    with pytest.raises(ResultError, match="larger than 1000 bytes"):
        download(f"{cdn.url}/endless", tmp_path / "f", "video", settings(cdn.url))


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:9/a",
        "https://169.254.169.254/latest",
        "http://example.com/",
        "file:///etc/passwd",
        "//[",
        "",
    ],
)
def test_every_redirect_is_checked(cdn: Cdn, tmp_path: Path, target: str) -> None:
    url = cdn.give("/moved", status=302, Location=target)
    with pytest.raises(ResultError):
        download(url, tmp_path / "f", "video", settings(cdn.url), patience=0)
    assert set(cdn.asked) == {"/moved"}


def test_a_redirect_within_the_origin_is_followed(cdn: Cdn, tmp_path: Path) -> None:
    cdn.give("/there")
    url = cdn.give("/here", status=307, Location="/there")
    assert download(url, tmp_path / "f", "video", settings(cdn.url)) == "mp4"


def test_another_loopback_port_is_refused_before_connecting(cdn: Cdn, tmp_path: Path) -> None:
    url = cdn.give("/private")
    with pytest.raises(ResultError, match="no public address"):
        download(url, tmp_path / "f", "video", settings("https://example.com"))
    assert not cdn.asked


def test_a_name_that_resolves_to_loopback_is_refused(cdn: Cdn, tmp_path: Path) -> None:
    url = cdn.give("/named").replace("127.0.0.1", "localhost")
    with pytest.raises(ResultError, match="no public address"):
        download(url, tmp_path / "f", "video", settings("https://example.com"))
    assert not cdn.asked


def test_private_hosts_can_be_allowed(cdn: Cdn, tmp_path: Path) -> None:
    allowed = settings("https://example.com", allow_private_hosts=True)
    assert download(cdn.give("/allowed"), tmp_path / "f", "video", allowed) == "mp4"


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.215.14", True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True),
        ("127.0.0.1", False, True),
        ("10.0.0.1", False, True),
        ("192.168.1.1", False, True),
        ("0.0.0.0", False, True),
        ("100.64.0.1", False, True),
        ("192.0.0.8", False, True),
        ("::1", False, True),
        ("fc00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("224.0.0.1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("168.63.129.16", False, False),
        ("fe80::1%eth0", False, False),
    ],
)
def test_which_addresses_are_connected_to(address: str, public: bool, private: bool) -> None:
    own = ("https", "example.com", 443)
    assert (HostRules(own, allow_private=False).refusal(address) is None) is public
    assert (HostRules(own, allow_private=True).refusal(address) is None) is private


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
