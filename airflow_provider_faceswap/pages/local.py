"""
Local disk, opened below ``[faceswap] local_roots`` alone.

More strictly than where workers read their inputs: no symbolic link is followed below a root, since what it
leads to may have changed since, and would be shown to whoever may see the Dag.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from airflow_provider_faceswap.options import local_roots
from airflow_provider_faceswap.pages.errors import NotShownError
from airflow_provider_faceswap.storage.local import open_regular

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def folder_below_roots(path: str) -> Iterator[int]:
    """
    Open a folder of local disk, and close it afterwards.

    :param path: absolute.
    :return: its descriptor.
    :raises NotShownError: if it is not there, or not below one of the roots.
    """
    root, parts = _split(path)
    with _gone():
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            with _gone():
                inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def open_in(folder: int, name: str) -> BinaryIO:
    """
    Open a regular file of a folder.

    :param folder: its descriptor.
    :param name: of the file.
    :raises NotShownError: if there is none.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise NotShownError("not_found", "No file can have this name.")
    with _gone():
        return open_regular(name, folder)


def _split(path: str) -> tuple[str, tuple[str, ...]]:
    """Return the root that a path lies below, and the folders from there on."""
    pure = PurePosixPath(path)
    if pure.is_absolute() and ".." not in pure.parts and "\0" not in path:
        for root in local_roots():
            # The root itself may be a link: whoever configures it may name either end.
            for top in dict.fromkeys((root, os.path.realpath(root))):
                if pure.is_relative_to(top) and PurePosixPath(top) != PurePosixPath("/"):
                    return top, pure.relative_to(top).parts
    raise NotShownError(
        "not_allowed",
        "The file lies on local disk, and not below [faceswap] local_roots of the API server.",
    )


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
        return
    except OSError as error:
        link = error.errno in (errno.ELOOP, errno.ENOTDIR)
        denied = isinstance(error, PermissionError)
    if denied:
        raise NotShownError("store_failed", "The API server has no right to read the file.")
    if link:
        raise NotShownError("not_allowed", "The path leads through a symbolic link, which is not followed.")
    raise NotShownError("gone", "The file is not there any more, or not a regular file.")
