"""A paid picture that came with its answer: on local disk before anything else can fail."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

from airflow_provider_faceswap.exceptions import ResultError


def write_down(content: bytes) -> str:
    """
    Write a picture to local disk.

    :param content: the picture.
    :return: where it lies, as ``host:path``.
    """
    handle, name = tempfile.mkstemp(prefix="faceswap-paid-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
    return f"{socket.gethostname()}:{name}"


def find(kept: str) -> Path:
    """
    Return a picture that was written down.

    :param kept: as :func:`write_down` returned it.
    :raises ResultError: if this worker cannot see it.
    """
    host, _, name = kept.partition(":")
    path = Path(name)
    if not path.is_file():
        raise ResultError(
            f"the picture is paid and was written down on {host} as {name}, which this worker "
            f"({socket.gethostname()}) cannot see; run the task there, or copy the file here"
        )
    return path


def discard(kept: str) -> None:
    """Delete a picture that is kept elsewhere now."""
    Path(kept.partition(":")[2]).unlink(missing_ok=True)
