from __future__ import annotations

import base64
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.download import download
from tests.storage.conftest import MP4
from tests.storage.settings import settings
from tests.storage.tls import certificate, head_of, serve_tls, tunnel

ELSEWHERE = "https://example.com"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(MP4), MP4)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls") / "host.pem")


class Host:
    """Answers each request in the same way, and keeps what it was asked."""

    def __init__(self, answer: bytes = ANSWER) -> None:
        self.answer = answer
        self.heads: list[bytes] = []

    def __call__(self, line: socket.socket) -> None:
        self.heads.append(head_of(line))
        line.sendall(self.answer)


def get(url: str, tmp_path: Path, own: str = "", **fields: Any) -> bytes:
    """Download from the connection's own origin, unless it is said to be another one."""
    given = settings(own or "/".join(url.split("/")[:3]), **fields)
    download(url, tmp_path / "f", "video", given, patience=0)
    return (tmp_path / "f").read_bytes()


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("/a%2Bb/%7E/b?sig=%7E%2F+%26&x=%c3%a9", "/a%2Bb/%7E/b?sig=%7E%2F+%26&x=%c3%a9"),
        ("/a/../b/./c//d;e=1?a=b?c#part", "/a/../b/./c//d;e=1?a=b?c"),
        ("/[x]|{y}^`'\"?a=[1]", "/[x]|{y}^`'\"?a=[1]"),
        ("/vidéo.mp4?q=ü", "/vid%C3%A9o.mp4?q=%C3%BC"),
        ("?a=b", "/?a=b"),
        ("", "/"),
    ],
)
@pytest.mark.parametrize("proxied", [False, True])
def test_the_link_is_asked_for_as_the_vendor_wrote_it(
    tmp_path: Path, written: str, asked: str, proxied: bool
) -> None:
    host = Host()
    with serve_tls(None, host) as url:
        get(url + written, tmp_path, proxy=url if proxied else None)
    line, *rest = host.heads[0].decode().split("\r\n")
    assert line == f"GET {url if proxied else ''}{asked} HTTP/1.1"
    assert f"Host: {url.removeprefix('http://')}" in rest


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("verify", [True, False, "path"])
def test_certificates_are_checked_as_the_connection_says(
    tmp_path: Path, pem: Path, verify: Any, proxied: bool
) -> None:
    host, fields = Host(), {"verify": str(pem) if verify == "path" else verify}
    with serve_tls(pem, host) as url, serve_tls(None, tunnel([])) as proxy:
        if proxied:
            fields["proxy"] = proxy
        if verify is True:
            with pytest.raises(
                ResultError, match=r"certificate of 127\.0\.0\.1 is not trusted; see .* verify"
            ):
                get(f"{url}/a", tmp_path, **fields)
        else:
            assert get(f"{url}/a", tmp_path, **fields) == MP4
    assert len(host.heads) == (verify is not True)


def test_a_certificate_of_another_host_is_not_trusted(tmp_path: Path, pem: Path) -> None:
    host = Host()
    said = "certificate of localhost is not trusted"
    with serve_tls(pem, host) as url, pytest.raises(ResultError, match=said):
        get(url.replace("127.0.0.1", "localhost"), tmp_path, verify=str(pem))
    assert not host.heads


@pytest.mark.parametrize("secure_proxy", [False, True])
@pytest.mark.parametrize("secure", [False, True])
def test_each_kind_of_proxy_leads_to_each_kind_of_host(
    tmp_path: Path, pem: Path, secure_proxy: bool, secure: bool
) -> None:
    """A user and a password in its URL are for the proxy alone."""
    host, asked = Host(), Host()
    way = tunnel(asked.heads) if secure else asked
    with (
        serve_tls(pem if secure else None, host) as url,
        serve_tls(pem if secure_proxy else None, way) as proxy,
    ):
        named = proxy.replace("://", "://m%40e:pa%3Ass@")
        assert get(f"{url}/a", tmp_path, proxy=named, verify=str(pem)) == MP4
        authority = url.partition("//")[2]
    (head,) = asked.heads
    assert head.startswith((f"CONNECT {authority} " if secure else f"GET http://{authority}/a ").encode())
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"m@e:pa:ss") in head
    assert all(b"authorization" not in head.lower() for head in host.heads)
    assert len(host.heads) == secure


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"nonsense\r\n", b""]
)
def test_a_proxy_that_does_not_connect_is_named(tmp_path: Path, answer: bytes) -> None:
    said = r"could not be downloaded: \w*(Proxy|Status|Disconnected)\w* from"
    with serve_tls(None, Host(answer)) as proxy, pytest.raises(ResultError, match=said):
        get("https://127.0.0.1:9/secret?token=t0k3n", tmp_path, proxy=proxy)


def test_a_malformed_header_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The headers behind it are lost: its length may have been among them."""
    caplog.set_level("DEBUG")
    bad = b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 5\r\n\r\n" + MP4
    with serve_tls(None, Host(bad)) as url:
        for proxy in (None, url):
            with pytest.raises(ResultError, match="HTTPException from 127"):
                get(f"{url}/secret?token=t0k3n", tmp_path, proxy=proxy)
    assert "t0k3n" not in caplog.text and "/secret" not in caplog.text


BODY = b"Content-Length: %d\r\n" % len(MP4)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n"
        + BODY,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: identity\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n" + BODY,
    ],
)
def test_heads_that_are_unusual_and_allowed(tmp_path: Path, head: bytes) -> None:
    with serve_tls(None, Host(head + b"\r\n" + MP4)) as url:
        assert get(f"{url}/a", tmp_path) == MP4


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (b"Transfer-Encoding: gzip, chunked\r\n", "compressed"),
        (b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", "compressed"),
        (BODY + b"Content-Length: 5\r\n", "HTTPException from"),
        (b"Transfer-Encoding: chunked \r\n", "HTTPException from"),
        (b"Content-Length: +5\r\n", "HTTPException from"),
        (b"Content-Length: 0x5\r\n", "HTTPException from"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n", "HTTPException from"),
    ],
)
def test_heads_that_could_be_misread_are_refused(tmp_path: Path, fields: bytes, said: str) -> None:
    host = Host(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + MP4)
    with serve_tls(None, host) as url, pytest.raises(ResultError, match=said):
        get(f"{url}/a", tmp_path)


def test_more_than_was_promised_is_not_read(tmp_path: Path) -> None:
    with serve_tls(None, Host(ANSWER + b"another answer")) as url:
        assert get(f"{url}/a", tmp_path) == MP4


def test_a_redirect_to_a_name_beyond_ascii_is_followed(tmp_path: Path) -> None:
    heads: list[bytes] = []

    def script(line: socket.socket) -> None:
        heads.append(head_of(line).partition(b"\r\n")[0])
        moved = "HTTP/1.1 302 Found\r\nLocation: /vidéo.mp4\r\n\r\n".encode()
        line.sendall(ANSWER if len(heads) > 1 else moved)

    with serve_tls(None, script) as url:
        assert get(f"{url}/a", tmp_path) == MP4
    assert heads == [b"GET /a HTTP/1.1", b"GET /vid%C3%A9o.mp4 HTTP/1.1"]


def test_only_a_proxy_needs_urllib3_and_nothing_needs_aiohttp() -> None:
    code = (
        "import sys; from airflow_provider_faceswap.storage import transfer; "
        "print({'aiohttp', 'urllib3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")
