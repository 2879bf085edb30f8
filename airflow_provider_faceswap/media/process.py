"""The child process that decodes: it has limits, no secrets, and nothing but this one file to read."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Annotated, Any, BinaryIO, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from airflow_provider_faceswap.media import limits
from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.protocol import (
    ANSWER,
    MAX_ANSWER,
    MAX_NUMBER,
    MAX_READ,
    READ,
    REPLY,
    REQUEST,
)

# The parent's own search path: the child ignores the environment that may have made it.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from airflow_provider_faceswap.media.child.main import main; main()"
)
_INHERITED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # where Python itself may be


class Source(Protocol):
    """What the child reads."""

    @property
    def total(self) -> int | None:
        """Bytes of the whole, if known."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Return some of the bytes from there on, at most that many, or none at the end."""


def _jpeg(text: str) -> str:
    if not base64.b64decode(text, validate=True).startswith(b"\xff\xd8\xff"):
        raise ValueError("not a JPEG picture")
    return text


class Answer(BaseModel):
    """What the child found, or why it found nothing; a clip may have taken the child over."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    seconds: float = Field(0.0, ge=0)
    pictures: list[Annotated[str, AfterValidator(_jpeg)]] = []
    problem: str = Field("", max_length=300, pattern=r"^[ -~]*$")
    field: Literal["", "at", "boxes"] = ""


class _EndedError(Exception):
    """The child ended without an answer."""


def decode(source: Source, job: str, pictures: int = 0, **arguments: Any) -> Answer:
    """
    Have a clip or a picture decoded.

    :param source: the clip or the picture.
    :param job: name of a function in :mod:`~airflow_provider_faceswap.media.child.main`.
    :param pictures: how many pictures the answer holds.
    :param arguments: of that function.
    :raises UnreadableError: if it cannot be decoded, or costs too much.
    """
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = _start(theirs)
        deadline = time.monotonic() + limits.MAX_SECONDS
        timer = threading.Timer(limits.MAX_SECONDS, process.kill)
        timer.daemon = True
        try:
            timer.start()
            answer = _serve(ours, source, {"job": job, **arguments}, MAX_ANSWER if pictures else MAX_NUMBER)
        except _EndedError:
            raise _ended(process.wait(), time.monotonic() >= deadline) from None
        finally:
            # Also where Airflow's timeout, no Exception, ends the task.
            timer.cancel()
            process.kill()
            process.wait()
    if answer.problem:
        raise UnreadableError(answer.problem, field=answer.field)
    if len(answer.pictures) != pictures:
        raise _not_believed()
    return answer


def _start(theirs: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-IB", "-X", "utf8", "-c", _START, json.dumps([*map(os.path.abspath, sys.path)])],
        stdin=theirs.fileno(),
        stdout=theirs.fileno(),
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={name: os.environ[name] for name in _INHERITED if name in os.environ},
        start_new_session=True,
    )


def _serve(channel: socket.socket, source: Source, job: dict[str, Any], most: int) -> Answer:
    """Lend the child what it asks for, until it answers."""
    with channel.makefile("rb") as requests:
        _send(channel, 0, json.dumps(job).encode())
        while True:
            kind, offset, size = REQUEST.unpack(_receive(requests, REQUEST.size))
            if kind == READ and size <= MAX_READ:
                content = source.read_at(offset, size)
                _send(channel, -1 if source.total is None else source.total, content)
            elif kind == ANSWER and size <= most:
                return _answer(_receive(requests, size))
            else:
                raise _not_believed()


def _send(channel: socket.socket, total: int, content: bytes) -> None:
    try:
        channel.sendall(REPLY.pack(total, len(content)) + content)
    except OSError:
        raise _EndedError from None


def _receive(requests: BinaryIO, size: int) -> bytes:
    try:
        content = requests.read(size)
    except OSError:
        content = b""
    if len(content) < size:
        raise _EndedError
    return content


def _answer(content: bytes) -> Answer:
    try:
        return Answer.model_validate_json(content)
    except ValidationError:
        raise _not_believed() from None


def _not_believed() -> UnreadableError:
    return UnreadableError("the file was decoded to something that makes no sense")


def _ended(code: int, late: bool) -> UnreadableError:
    if late or code == -signal.SIGXCPU:
        return limits.too_slow()
    return UnreadableError(f"the file cannot be decoded: the process that tried ended with code {code}")
