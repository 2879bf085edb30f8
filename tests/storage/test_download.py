from __future__ import annotations

import base64
import hashlib
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import part as parts
from airflow_provider_faceswap.storage.download import download
from tests.storage.conftest import JPEG, MP4, Cdn
from tests.storage.settings import settings
from tests.wire import serve

ELSEWHERE = "https://example.com"
OK = b"HTTP/1.1 200 OK\r\n"


def get(url: str, tmp_path: Path, kind: Any = "video", patience: float = 0, **fields: Any) -> bytes:
    """Download from the connection's own origin."""
    target = tmp_path / "file"
    own = "/".join(url.split("/")[:3])
    found = download(url, target, kind, settings(own, **fields), patience=patience)
    content = target.read_bytes()
    assert found[:2] == (len(content), hashlib.sha256(content).hexdigest()), "of what base64 text holds, too"
    return content


def refused(url: str, tmp_path: Path, own: str = ELSEWHERE, **fields: Any) -> str:
    with pytest.raises(ResultError) as caught:
        download(f"{url}?token=t0k3n", tmp_path / "file", "video", settings(own, **fields), patience=0)
    assert "t0k3n" not in str(caught.value) and "/secret" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


def test_a_cdn_that_lags_behind_is_asked_again(cdn: Cdn, tmp_path: Path) -> None:
    async def late(request: web.Request) -> web.Response:
        return web.Response(status=404) if cdn.asked.count("/late") < 2 else web.Response(body=MP4)

    assert get(cdn.on("/late", late), tmp_path, patience=20) == MP4
    assert cdn.asked.count("/late") == 2


def test_a_link_that_stays_dead_is_given_up(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.6 * len(cdn.asked))
    monkeypatch.setattr(parts, "time", clock)
    with pytest.raises(ResultError, match="could not be downloaded: HTTP 404 from 127"):
        get(cdn.give("/dead", status=404), tmp_path, patience=1)
    assert len(cdn.asked) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 404}, "HTTP 404"),
        ({"status": 503}, "HTTP 503"),
        ({"status": 403}, "HTTP 403 from 127.0.0.1; it may have expired"),
        ({"status": 204, "body": b""}, "HTTP 204"),
        ({"status": 206}, "another part came"),
        ({"status": 304, "body": b""}, "HTTP 304"),
        ({"body": b"<!DOCTYPE html><p>Sign in</p>"}, "an HTML page instead of a video"),
        ({"body": JPEG}, "something else instead of a video"),
        ({"body": b""}, "empty body"),
        ({"Content-Encoding": "gzip"}, "compressed"),
        ({"Content-Encoding": "br"}, "compressed"),
    ],
)
def test_what_is_not_the_result_is_not_kept(cdn: Cdn, tmp_path: Path, answer: Any, said: str) -> None:
    assert said in refused(cdn.give("/secret", **answer), tmp_path, cdn.url)
    assert len(cdn.asked) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (OK + b"Content-Length: 1000\r\n\r\n" + MP4[:600], "IncompleteRead"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n400\r\n" + MP4[:1024] + b"\r\n", "IncompleteRead"),
        (OK + b"Content-Length: -5\r\n\r\n", "from 127.0.0.1"),
        (OK + b"Content-Length: 99999999999\r\n\r\n", "larger than"),
        (OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n", "from 127.0.0.1"),
        (OK + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n", "from 127.0.0.1"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "from 127.0.0.1"),
        (b"\x00\xff" * 1000, "from 127.0.0.1"),
        (b"", "RemoteDisconnected"),
        (b"HTTP/1.1 302 Found\r\n\r\n", "to nowhere"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://\xff\xfe/\r\n\r\n", "redirect"),
    ],
)
def test_what_breaks_the_protocol_is_an_error_of_the_family(tmp_path: Path, answer: bytes, said: str) -> None:
    with serve(lambda link, _: link.sendall(answer)) as url:
        assert said in refused(f"{url}/secret", tmp_path, url)


def test_a_page_is_not_read_to_its_end(cdn: Cdn, tmp_path: Path) -> None:
    sent = []

    async def page(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2000):
            await response.write(b"<html>" + b" " * 50_000)
            sent.append(50_006)
        return response

    assert "HTML page" in refused(cdn.on("/secret", page), tmp_path, cdn.url)
    assert sum(sent) < 20_000_000


def test_a_result_larger_than_allowed_is_refused(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "MAX_BYTES", 100_000)
    assert "larger than 100000 bytes" in refused(cdn.give("/secret"), tmp_path, cdn.url)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(MP4)

    assert "larger than 100000 bytes" in refused(cdn.on("/secret", endless), tmp_path, cdn.url)
    assert (tmp_path / "file").stat().st_size <= 100_000


def drip(link: socket.socket, head: bytes, pieces: bytes, gap: float = 0.05) -> None:
    link.sendall(head)
    while True:
        link.sendall(pieces)
        time.sleep(gap)


def test_a_body_that_only_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GRACE", 0.3)
    with serve(lambda link, _: drip(link, OK + b"\r\n" + MP4[:600], b"a")) as url:
        assert "slower than 32 KB a second" in refused(f"{url}/secret", tmp_path, url, timeout=30)


@pytest.mark.parametrize("piece", [b"a", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_head_that_only_drips_is_given_up(tmp_path: Path, piece: bytes) -> None:
    head = OK + b"X: " if piece == b"a" else b""
    with serve(lambda link, _: drip(link, head, piece, 0.02)) as url:
        assert "TimeoutError" in refused(f"{url}/secret", tmp_path, url, timeout=0.2)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:9/a",
        "http://localhost:9/a",
        "http://[::1]:9/a",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:a9fe:a9fe]/",
        "http://example.com/",
        "file:///etc/passwd",
        "//[",
        "",
    ],
)
def test_every_redirect_is_checked(cdn: Cdn, tmp_path: Path, target: str) -> None:
    said = refused(cdn.give("/secret", status=302, Location=target), tmp_path, cdn.url)
    assert "link leads to" in said or "link to" in said or "redirect" in said
    assert cdn.asked == ["/secret"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_is_followed(cdn: Cdn, tmp_path: Path, status: int) -> None:
    cdn.give("/there")
    assert get(cdn.give("/here", status=status, Location="/there"), tmp_path) == MP4


def test_a_redirect_that_goes_round_ends(cdn: Cdn, tmp_path: Path) -> None:
    url = cdn.give("/secret", status=302, Location="/secret")
    assert "more than 5 times" in refused(url, tmp_path, cdn.url)
    assert len(cdn.asked) == 6


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1."])
def test_another_origin_on_this_machine_is_refused_before_connecting(
    cdn: Cdn, tmp_path: Path, host: str
) -> None:
    said = refused(cdn.give("/secret").replace("127.0.0.1", host), tmp_path)
    assert "not a public address" in said or "127.0.0.1. cannot be resolved" in said
    assert not cdn.asked


@pytest.mark.parametrize("own", ["http://127.0.0.1:1", "http://localhost:{port}", "https://127.0.0.1:{port}"])
def test_the_exception_is_for_the_exact_origin(cdn: Cdn, tmp_path: Path, own: str) -> None:
    own = own.format(port=cdn.url.rpartition(":")[2])
    assert "not a public address" in refused(cdn.give("/secret"), tmp_path, own)
    assert not cdn.asked


def test_private_hosts_can_be_allowed(cdn: Cdn, tmp_path: Path) -> None:
    allowed = settings(ELSEWHERE, allow_private_hosts=True)
    download(cdn.give("/allowed"), tmp_path / "f", "video", allowed)
    assert (tmp_path / "f").read_bytes() == MP4


def test_of_several_addresses_only_public_ones_are_connected_to(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting goes through the guard for every address of a name, and for none else."""
    made: list[str] = []

    def names(host: str, port: int, **_: Any) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]

    class Recording(socket.socket):
        def connect(self, address: Any) -> None:
            made.append(address[0])

    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setattr(socket, "socket", Recording)
    assert "not a public address" in refused("https://rebind.example.com/secret", tmp_path)
    assert not made and not cdn.asked


def test_nothing_of_ours_goes_along(cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    cdn.give("/there")
    url = cdn.give("/here", status=302, Location="/there", **{"Set-Cookie": "a=b; Path=/"})
    assert get(url, tmp_path) == MP4
    for headers in cdn.headers:
        assert not {"Cookie", "Authorization", "Referer", "Proxy-Authorization"} & set(headers)
        assert headers["Accept-Encoding"] == "identity"
    assert len(cdn.headers) == 2


def test_behind_a_proxy_names_are_checked_before_it_is_asked(
    cdn: Cdn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    seen: list[bytes] = []

    def proxy(link: socket.socket, head: bytes) -> None:
        seen.append(head)
        link.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(MP4) + MP4)

    with serve(proxy) as url:
        behind = settings(ELSEWHERE, proxy=url, allow_private_hosts=True)
        assert "metadata" in refused(
            "http://169.254.169.254/secret", tmp_path, proxy=url, allow_private_hosts=True
        )
        assert "not a public address" in refused("https://localhost/secret", tmp_path, proxy=url)
        assert not seen
        download("http://127.0.0.1:9/a", tmp_path / "f", "video", behind)
        assert (tmp_path / "f").read_bytes() == MP4
    assert seen[0].startswith(b"GET http://127.0.0.1:9/a ")
    assert "Through the proxy only the resolved name" in caplog.text


@pytest.mark.parametrize("encode", [base64.b64encode, base64.encodebytes])
def test_base64_text_is_kept_as_the_picture(cdn: Cdn, tmp_path: Path, encode: Any) -> None:
    assert get(cdn.give("/a.base64", encode(JPEG)), tmp_path, "image") == JPEG


def test_base64_text_of_something_else_is_refused(cdn: Cdn, tmp_path: Path) -> None:
    url = cdn.give("/secret", base64.b64encode(b"#!/bin/sh\n" * 100))
    assert "something else instead of a video" in refused(url, tmp_path, cdn.url)
