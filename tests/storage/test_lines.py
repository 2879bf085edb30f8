from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.download import download
from airflow_provider_faceswap.storage.part import Budget
from tests.storage.conftest import MP4, Cdn
from tests.storage.settings import settings
from tests.storage.test_download import OK, drip
from tests.wire import serve

ELSEWHERE = "https://example.com"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def refused(url: str, tmp_path: Path, seconds: float = float("inf"), own: str = "", **fields: Any) -> str:
    with pytest.raises(ResultError) as caught:
        download(url, tmp_path / "f", "video", settings(own or url, **fields), Budget(seconds=seconds), 0)
    return str(caught.value)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def found(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize(
    ("head", "pieces"),
    [
        (CHUNKED, b"0"),
        (CHUNKED + b"0\r\n", b"X: a\r\n"),
        (CHUNKED + b"4;", b"a"),
        (OK + b"\r\n" + MP4[:600], b"a"),
    ],
    ids=["size", "trailer", "extension", "body"],
)
def test_the_deadline_ends_a_body_however_it_comes(tmp_path: Path, head: bytes, pieces: bytes) -> None:
    with serve(lambda line, _: drip(line, head, pieces)) as url:
        assert "the 0.3 s that the job's files may take are over" in refused(url, tmp_path, 0.3)


@pytest.mark.parametrize("body", [b"", MP4])
def test_a_body_of_unknown_length_that_stalls_is_not_the_whole(tmp_path: Path, body: bytes) -> None:
    def stall(line: socket.socket, _: bytes) -> None:
        line.sendall(OK + b"\r\n" + body)
        line.recv(1)

    with serve(stall) as url:
        assert "files may take are over" in refused(url, tmp_path, 0.3)


def test_the_deadline_bounds_the_head_as_well(tmp_path: Path) -> None:
    with serve(lambda line, _: drip(line, OK, b"X: a\r\n")) as url:
        assert "are over" in refused(url, tmp_path, 0.3, timeout=600)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_drips_is_hung_up_on(tmp_path: Path, scheme: str) -> None:
    with serve(lambda line, _: drip(line, OK, b"X: a\r\n", 0.01)) as proxy:
        said = refused(f"{scheme}://127.0.0.1:9", tmp_path, proxy=proxy, timeout=0.3)
    assert "TimeoutError from 127.0.0.1" in said


def test_a_handshake_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        assert "TimeoutError from 127.0.0.1" in refused(url, tmp_path, timeout=0.2)


def test_a_resolver_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(20))
    said = refused("https://cdn.example.com", tmp_path, own=ELSEWHERE, timeout=0.2)
    assert "TimeoutError from cdn.example.com" in said and not answered.is_set()
    answered.set()


def test_a_name_that_does_not_exist_may_exist_in_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    said = refused("https://cdn.example.com", tmp_path, own=ELSEWHERE)
    assert said.startswith("the result could not be downloaded: cdn.example.com cannot be resolved")


@pytest.mark.parametrize("first", ["127.0.0.2", "169.254.169.254"])
def test_another_address_of_a_name_is_tried(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """One at which nobody listens, and one that is never connected to."""
    url = cdn.give("/a").replace("127.0.0.1", "cdn.example.com")
    resolving(monkeypatch, first, "127.0.0.1")
    allowed = settings(ELSEWHERE, allow_private_hosts=True)
    download(url, tmp_path / "f", "video", allowed, patience=0)
    assert (tmp_path / "f").read_bytes() == MP4


def test_an_address_that_swallows_everything_leaves_time_for_the_next(
    cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cdn.give("/a").replace("127.0.0.1", "cdn.example.com")
    resolving(monkeypatch, "127.0.0.2", "127.0.0.1")
    real, given = socket.socket.connect, []

    def connect(self: socket.socket, address: Any) -> None:
        given.append(self.gettimeout())
        if address[0] == "127.0.0.2":
            raise TimeoutError
        real(self, address)

    monkeypatch.setattr(socket, "socket", type("Socket", (socket.socket,), {"connect": connect}))
    allowed = settings(ELSEWHERE, allow_private_hosts=True, timeout=600)
    download(url, tmp_path / "f", "video", allowed, patience=0)
    assert given == [pytest.approx(300, abs=10), pytest.approx(600, abs=10)]


STOPPED = """
import signal, sys
from pathlib import Path
from pydantic import SecretStr
from airflow_provider_faceswap.hooks.settings import Settings
from airflow_provider_faceswap.storage.download import download

def stop(*_):
    raise SystemExit(7)

signal.signal(signal.SIGTERM, stop)
url, target = sys.argv[1:]
download(url, Path(target), "video", Settings(base_url=url, api_key=SecretStr("k" * 8), timeout=600))
"""


@pytest.mark.parametrize("sent", [b"", OK, OK + b"\r\n" + MP4[:600]], ids=["nothing", "half a head", "half"])
def test_what_ends_the_task_ends_the_download_at_once(tmp_path: Path, sent: bytes) -> None:
    asked, ended = threading.Event(), threading.Event()

    def stall(line: socket.socket, _: bytes) -> None:
        line.sendall(sent)
        asked.set()
        ended.wait(30)

    with serve(stall) as url:
        command = [sys.executable, "-c", STOPPED, url, str(tmp_path / "f")]
        with subprocess.Popen(command) as process:
            try:
                assert asked.wait(30)
                time.sleep(0.5)  # CPython notes a signal right before `poll()`, and handles it only after it
                process.send_signal(signal.SIGTERM)
                assert process.wait(10) == 7
            finally:
                process.kill()
                ended.set()


def test_no_thread_outlives_a_download(cdn: Cdn, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    download(cdn.give("/a"), tmp_path / "f", "video", settings(cdn.url, timeout=600), Budget(seconds=600), 0)
    ends = time.monotonic() + 5
    for thread in set(threading.enumerate()) - before:
        thread.join(ends - time.monotonic())
    assert set(threading.enumerate()) <= before
