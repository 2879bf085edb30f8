"""What a hostile vendor does to a call, over real sockets, on a worker and on an event loop."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_faceswap.apis.job import Job, JobState
from airflow_provider_faceswap.apis.modelslab import Fetch, SingleVideoSwap
from airflow_provider_faceswap.apis.reply import Reply
from airflow_provider_faceswap.apis.request import MAX_POLL_REPLY
from airflow_provider_faceswap.exceptions import FaceSwapError, InDoubtError, NotSentError, PollError
from airflow_provider_faceswap.hooks.base import LARGE_REPLY
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook
from tests.wire import Script, serve

URL = "https://example.com/a.png"
SUBMIT = SingleVideoSwap.checked({"init_image": URL, "init_video": URL})
FETCH = Fetch(job_id="278")
OK = b"HTTP/1.1 200 OK\r\n"
RUNNING = b'{"status": "processing", "id": 278, "output": ""}'

both = pytest.mark.parametrize("how", ["worker", "triggerer"])


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Job | FaceSwapError]:
    def do(script: Script, call: Any, how: str = "worker", timeout: float = 60) -> Job | FaceSwapError:
        with serve(script) as url:
            conn = {
                "conn_type": "modelslab",
                "password": "k3y-k3y",
                "host": url,
                "extra": {"timeout": timeout},
            }
            monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))
            hook = ModelsLabHook()
            try:
                return hook.send(call) if how == "worker" else asyncio.run(hook.asend(call))
            except FaceSwapError as error:
                assert "k3y" not in str(error)
                return error

    return do


def answer(body: bytes, *head: bytes) -> Script:
    length = b"Content-Length: %d\r\n" % len(body)
    return lambda link, _: link.sendall(
        OK + length + b"".join(line + b"\r\n" for line in head) + b"\r\n" + body
    )


@both
def test_an_answer_over_a_socket(ask: Any, how: str) -> None:
    heads: list[bytes] = []

    def script(link: socket.socket, head: bytes) -> None:
        heads.append(head.lower())
        answer(RUNNING)(link, head)

    assert ask(script, FETCH, how).state is JobState.PROCESSING
    assert b"accept-encoding: identity" in heads[0] and b"gzip" not in heads[0]


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_poll_that_is_redirected_says_so(ask: Any, how: str, status: int) -> None:
    seen: list[bytes] = []

    def script(link: socket.socket, head: bytes) -> None:
        seen.append(head)
        location = b"Location: https://elsewhere.example.com/secret?k=v\r\nContent-Length: 0\r\n\r\n"
        link.sendall(b"HTTP/1.1 %d Moved\r\n" % status + location)

    error = ask(script, FETCH, how)
    assert isinstance(error, PollError)
    assert f"HTTP {status}, a redirect to elsewhere.example.com; redirects are not followed" in str(error)
    assert "secret" not in str(error) and len(seen) == 1


@pytest.mark.parametrize("location", ["https://elsewhere.example.com/x", "/there", "//[", "", "\udcff"])
def test_a_submission_that_is_redirected_is_in_doubt(ask: Any, location: str) -> None:
    head = b"HTTP/1.1 307 Moved\r\nContent-Length: %d\r\nLocation: " % len(RUNNING)
    script: Script = lambda link, _: link.sendall(  # noqa: E731
        head + location.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + RUNNING
    )
    error = ask(script, SUBMIT)
    assert isinstance(error, InDoubtError) and "redirects are not followed" in str(error)


def compressed(body: bytes, how: str) -> bytes:
    squeeze = zlib.compressobj(6, wbits=31 if how == "gzip" else 15)
    return squeeze.compress(body) + squeeze.flush()


@both
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_reply_that_is_compressed_all_the_same_is_read(ask: Any, how: str, encoding: str) -> None:
    body = compressed(RUNNING, encoding)
    job = ask(answer(body, b"Content-Encoding: " + encoding.encode()), FETCH, how)
    assert job.state is JobState.PROCESSING, "a paid job's id must not get lost"


@both
@pytest.mark.parametrize(
    ("encoding", "body", "said"),
    [
        (b"br", RUNNING, "not asked for: br"),
        (b"gzip, gzip", RUNNING, "not asked for: gzip, gzip"),
        (b"gzip", RUNNING, "cannot be decompressed"),
        (b"gzip", compressed(RUNNING, "gzip")[:-20], "not an answer of ModelsLab"),
        (
            b"gzip",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\x00\x00\x00\xff\xff" * 225_000,
            "over 1048576",
        ),
    ],
)
def test_a_compressed_reply_that_is_none(ask: Any, how: str, encoding: bytes, body: bytes, said: str) -> None:
    error = ask(answer(body, b"Content-Encoding: " + encoding), FETCH, how)
    assert isinstance(error, PollError) and said in str(error)


MEASURE = """
import asyncio, sys
from pathlib import Path
from airflow_provider_faceswap.apis.modelslab import Fetch
from airflow_provider_faceswap.exceptions import PollError
from airflow_provider_faceswap.hooks.base import LARGE_REPLY
from airflow_provider_faceswap.hooks.modelslab import ModelsLabHook

def poll():
    hook = ModelsLabHook(sys.argv[2])
    try:
        call = Fetch(job_id="278")
        hook.send(call) if sys.argv[1] == "worker" else asyncio.run(hook.asend(call))
    except PollError as error:
        return str(error)

def peak():  # of this process alone: ru_maxrss would count what its parent had
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

poll()
before = peak()
assert "over 1048576 bytes" in poll(), poll()
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak where Linux shows it")
@pytest.mark.parametrize(("how", "encoding"), [("worker", "gzip"), ("triggerer", "deflate")])
def test_a_bomb_is_refused_without_decoding_it(
    how: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeeze = zlib.compressobj(6, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(squeeze.compress(bytes(10**6)) for _ in range(300)) + squeeze.flush()
    assert len(bomb) < MAX_POLL_REPLY, "300 MB within the bound on the wire"
    answers = iter([b"{}"])

    def script(link: socket.socket, head: bytes) -> None:
        small = next(answers, None)
        answer(small or bomb, *([] if small else [b"Content-Encoding: " + encoding.encode()]))(link, head)

    with serve(script) as url:
        conn = {"conn_type": "modelslab", "password": "k3y-k3y", "host": url}
        monkeypatch.setenv("AIRFLOW_CONN_BOMB", json.dumps(conn))
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, how, "bomb"], capture_output=True, text=True, timeout=600
        )
    assert done.returncode == 0, done.stderr
    grown = int(done.stdout.split()[-1])
    assert grown < 32 * 1024, f"{grown} KB more for 300 MB"


def endless(link: socket.socket, head: bytes) -> None:
    link.sendall(OK + b"\r\n")
    while True:
        link.sendall(b" " * 65536)


@both
def test_an_endless_reply_is_cut(ask: Any, how: str) -> None:
    error = ask(endless, FETCH, how)
    assert isinstance(error, PollError) and f"over {MAX_POLL_REPLY} bytes" in str(error)


def test_an_endless_answer_to_a_submission_is_in_doubt(ask: Any) -> None:
    assert isinstance(ask(endless, SUBMIT), InDoubtError)


@both
@pytest.mark.parametrize(
    ("head", "piece"),
    [(OK + b"\r\n", b" "), (OK + b"X: ", b"a"), (b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (OK, b"X: a\r\n")],
    ids=["body", "header", "informational", "headers"],
)
def test_a_reply_that_only_drips_is_bounded(ask: Any, how: str, head: bytes, piece: bytes) -> None:
    def script(link: socket.socket, _: bytes) -> None:
        link.sendall(head)
        while True:
            link.sendall(piece)
            time.sleep(0.03)

    for _ in range(100):  # a busy machine may not even connect within the 0.1 s that it has for that
        error = ask(script, FETCH, how, timeout=0.2)  # else this has no end
        if "ConnectTimeout" not in str(error):
            break
    assert isinstance(error, PollError)
    assert "no whole reply within 0.2 s" in str(error) or "while talking to" in str(error)


@both
@pytest.mark.parametrize(
    "raw",
    [
        OK + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
        OK + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 50) for n in range(20_000)) + b"\r\n",
        OK + b"Set-Cookie: " + b"a=b; " * 1000 + b"\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n{}",
        OK + b"Content-Length: 99\r\n\r\n{}",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Content-Type: \xff\xfe; charset=\x00\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 999 \xff\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 -1 OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x00" * 5000,
        b"",
    ],
    ids=range(13),
)
def test_what_breaks_the_protocol_is_an_error_of_the_family(ask: Any, how: str, raw: bytes) -> None:
    end = ask(lambda link, _: link.sendall(raw), FETCH, how)
    assert isinstance(end, PollError) or (isinstance(end, Job) and end.state is JobState.UNCLEAR)
    if how == "worker":
        assert isinstance(ask(lambda link, _: link.sendall(raw), SUBMIT), InDoubtError)


def test_without_a_listener_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # it is taken, but nobody listens
        host = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        conn = {"conn_type": "modelslab", "password": "k3y-k3y", "host": host}
        monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))
        with pytest.raises(NotSentError):
            ModelsLabHook().send(SUBMIT)


async def test_a_worker_that_runs_a_loop_itself_can_send(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(answer(RUNNING)) as url:
        conn = {"conn_type": "modelslab", "password": "k3y-k3y", "host": url}
        monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))
        assert ModelsLabHook().send(FETCH).state is JobState.PROCESSING


@pytest.mark.parametrize(("size", "beside"), [(1_000, False), (LARGE_REPLY + 1, True)])
async def test_a_large_reply_is_read_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch, size: int, beside: bool
) -> None:
    readers: list[int] = []

    class Noted(Fetch):
        def read(self, reply: Reply) -> Job:
            readers.append(threading.get_ident())
            return super().read(reply)

    with serve(answer(RUNNING + b" " * size)) as url:
        conn = {"conn_type": "modelslab", "password": "k3y-k3y", "host": url}
        monkeypatch.setenv("AIRFLOW_CONN_MODELSLAB_DEFAULT", json.dumps(conn))
        await ModelsLabHook().asend(Noted(job_id="278"))
    assert (readers != [threading.get_ident()]) is beside and len(readers) == 1
