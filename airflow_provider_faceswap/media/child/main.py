"""One job of the child process: limit itself, read what the parent lends, answer, end."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.media import limits
from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.protocol import ANSWER, MAX_READ, READ, REPLY, REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Do the job that the parent sends."""
    limits.confine()
    _, job = _receive()
    answer = json.dumps(_do(**json.loads(job))).encode("ascii")
    sys.stdout.buffer.write(REQUEST.pack(ANSWER, 0, len(answer)) + answer)
    sys.stdout.buffer.flush()


def _do(job: str, **arguments: Any) -> dict[str, Any]:
    try:
        return _jobs()[job](LentFile(), **arguments)
    except UnreadableError as error:
        return {"problem": str(error), "field": error.field}
    except MemoryError:
        return {"problem": str(limits.too_large())}
    except ImportError as error:
        return {"problem": ascii(f"PyAV cannot be imported: {error}")[1:-1][:300]}


def _jobs() -> dict[str, Callable[..., dict[str, Any]]]:
    from airflow_provider_faceswap.media.child import clips, pictures

    return {"duration": clips.duration, "frame": clips.frame, "faces": pictures.faces}


class LentFile:
    """The parent's file, to read and to seek in as FFmpeg does."""

    def __init__(self) -> None:
        self._position = 0
        self._total = -1

    def read(self, size: int) -> bytes:
        """Return some of the bytes that follow, or none at the end."""
        sys.stdout.buffer.write(REQUEST.pack(READ, self._position, min(size, MAX_READ)))
        sys.stdout.buffer.flush()
        self._total, content = _receive()
        self._position += len(content)
        return content

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere; return where, or -1 if that is unknown."""
        if whence == os.SEEK_END and self._total < 0:
            return -1
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._total}[whence]
        if not 0 <= base + offset < 2**63:
            return -1
        self._position = base + offset
        return self._position


def _receive() -> tuple[int, bytes]:
    head = sys.stdin.buffer.read(REPLY.size)
    if len(head) < REPLY.size:
        os._exit(1)  # the parent is gone, and PyAV would swallow an exception
    total, size = REPLY.unpack(head)
    return total, sys.stdin.buffer.read(size)
