"""Paid pictures that came with their answer and are not stored yet: where another worker finds them."""

from __future__ import annotations

import logging
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.exceptions import ResultError, SettingsError
from airflow_provider_faceswap.options import folder_option
from airflow_provider_faceswap.storage.formats import CHUNK
from airflow_provider_faceswap.storage.local import open_regular
from airflow_provider_faceswap.storage.places import open_place, said

log = logging.getLogger(__name__)

_NAME = re.compile(r"faceswap-paid-[0-9a-f]{32}\Z")


def is_spooled(name: str) -> bool:
    """Return whether a file's name is one that :func:`write` gives."""
    return bool(_NAME.match(name))


def write(content: bytes) -> str:
    """
    Keep a paid picture where other workers reach it; on local disk if nothing else works.

    :param content: the picture.
    :return: where it is, a URL or ``host:path``.
    """
    name = f"faceswap-paid-{uuid4().hex}"
    for folder in _folders():
        try:
            place = open_place(folder, SettingsError)
            place.prepare()
            place.write(name, content)
            log.info("The paid picture is kept in %s/%s until it is stored", folder, name)
            return f"{folder}/{name}"
        except Exception as error:  # each store has errors of its own
            log.error("The paid picture could not be kept in %s: %s", folder, said(error))
    return _write_here(name, content)


def _folders() -> Iterator[str]:
    for option, below in (("spool", ""), ("inbox", "/spool")):
        try:
            folder = folder_option(option)
        except SettingsError as error:
            log.error("%s", error)
            continue
        if folder:
            yield folder + below


def _write_here(name: str, content: bytes) -> str:
    path = Path(tempfile.gettempdir(), name)
    problem = ""
    try:
        _write_private(path, content)
    except OSError as error:
        path.unlink(missing_ok=True)
        problem = said(error)
    if problem:
        raise ResultError(f"the paid picture could not be kept on {socket.gethostname()} either: {problem}")
    spooled_at = f"{socket.gethostname()}:{path}"
    log.warning(
        "The paid picture is kept in %s until it is stored, where no other worker reaches it: "
        "set [faceswap] spool to the URL of a folder that all of them reach",
        spooled_at,
    )
    return spooled_at


def _write_private(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)


def read_to(spooled_at: str, target: Path) -> None:
    """
    Copy a picture that :func:`write` kept.

    :param spooled_at: where it is, as :func:`write` returned it.
    :param target: a local file to write to.
    :raises ResultError: if it was not kept by this provider, or this worker does not see it.
    """
    problem = ""
    try:
        with closing(_open(spooled_at)) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, CHUNK)
    except Exception as error:  # each store has errors of its own
        problem = said(error)
    if problem:
        raise ResultError(f"the paid picture in {_shown(spooled_at)} cannot be read: {problem}")


def discard(spooled_at: str) -> None:
    """
    Delete a picture that is stored elsewhere now; a failure is only logged.

    :param spooled_at: where it is.
    """
    try:
        remove(spooled_at)
    except Exception as error:
        log.warning("%s could not be deleted: %s", _shown(spooled_at), said(error))


def remove(spooled_at: str) -> None:
    """
    Delete a picture that :func:`write` kept; raises what the store raises.

    :param spooled_at: where it is.
    :raises ResultError: if it was not kept by this provider, or this machine does not see it.
    """
    if "://" in spooled_at:
        folder, name = _split(spooled_at)
        open_place(folder, SettingsError).remove(name)
    else:
        with closing(_open(spooled_at)):
            _local_path(spooled_at).unlink()


def _open(spooled_at: str) -> BinaryIO:
    if "://" in spooled_at:
        folder, name = _split(spooled_at)
        return open_place(folder, SettingsError).open(name)
    path = _local_path(spooled_at)
    try:
        file = open_regular(path)
    except OSError:
        raise ResultError(
            f"this worker ({socket.gethostname()}) does not see it: "
            "run the task on that worker, or copy the file here"
        ) from None
    if os.fstat(file.fileno()).st_uid != os.geteuid():
        file.close()
        raise ResultError("it belongs to another user of this machine")
    return file


def _split(spooled_at: str) -> tuple[str, str]:
    folder, _, name = spooled_at.rpartition("/")
    if not _NAME.match(name) or folder not in list(_folders()):
        raise ResultError(
            "it is not in the folder of [faceswap] spool or inbox; set spool to the folder that holds it"
        )
    return folder, name


def _local_path(spooled_at: str) -> Path:
    path = Path(spooled_at.partition(":")[2])
    if not _NAME.match(path.name) or path.parent != Path(tempfile.gettempdir()):
        raise ResultError(f"this worker looks for paid pictures only in {tempfile.gettempdir()}")
    return path


def _shown(spooled_at: str) -> str:
    return one_line(spooled_at, most=300)
