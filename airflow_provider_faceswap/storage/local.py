"""Local files opened so that no symlink, FIFO or device is taken for a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from airflow_provider_faceswap.options import local_roots

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_regular(path: str | Path, folder: int | None = None) -> BinaryIO:
    """
    Open a regular file for reading; a symlink is not followed.

    :param folder: descriptor of the folder that a relative path starts from.
    :raises OSError: if it is missing or something else.
    """
    # Looked at before it is opened, as opening a device may do something, and again afterwards.
    _check_regular(os.stat(path, dir_fd=folder, follow_symlinks=False))
    handle = os.open(path, _FLAGS | os.O_NONBLOCK, dir_fd=folder)
    try:
        _check_regular(os.fstat(handle))
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _check_regular(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError("not a regular file")


def open_below_roots(path: str) -> BinaryIO:
    """
    Open a regular file that lies below one of the folders of ``[faceswap] local_roots``.

    :param path: absolute; symlinks are resolved first.
    :raises OSError: if it is missing, something else, or elsewhere.
    """
    if not os.path.isabs(path):
        raise FileNotFoundError
    real = Path(os.path.realpath(path))
    for root in local_roots():
        top = Path(os.path.realpath(root))
        if real != top and real.is_relative_to(top):
            return _open_below(top, real.relative_to(top))
    raise FileNotFoundError


def _open_below(top: Path, relative: Path) -> BinaryIO:
    # Folder by folder, so that none that is swapped for a symlink meanwhile leads out of the root.
    folder = os.open(top, _FLAGS | os.O_DIRECTORY)
    try:
        for part in relative.parts[:-1]:
            inner = os.open(part, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return open_regular(relative.name, folder)
    finally:
        os.close(folder)
