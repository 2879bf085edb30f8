"""A local file put into object storage: whole under its name, or not there at all."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.lineage.hook import get_hook_lineage_collector

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.formats import CHUNK

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

log = logging.getLogger(__name__)


def put(local: Path, folder: ObjectStoragePath, name: str) -> str:
    """
    Copy a file into a folder.

    :param local: the file.
    :param name: its name in the folder.
    :return: its full URL.
    :raises ResultError: if it could not be written; then nothing half-written is left.
    """
    target = folder / name
    problem = ""
    try:
        if folder.protocol in ("file", "local", ""):
            folder.mkdir(parents=True, exist_ok=True)
            _replace(local, Path(target.path))
        else:
            _upload(local, target)
    except Exception as error:  # each store has errors of its own
        problem = one_line(f"{type(error).__name__}: {error}")
    if problem:
        raise ResultError(f"{name} could not be written to output_path: {problem}")
    return str(target)


def _replace(local: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(local, part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _upload(local: Path, target: ObjectStoragePath) -> None:
    fs, size = target.fs, local.stat().st_size
    before = _size(fs, target.path)
    try:
        _stream(local, fs, target.path)
        if (there := _size(fs, target.path)) != size:
            raise OSError(f"{there or 0} of {size} bytes arrived")
    except Exception:
        _remove_half(fs, target.path, before)
        raise
    # As ObjectStoragePath.open() does, whose files cannot be discarded.
    get_hook_lineage_collector().add_output_asset(context=target, uri=str(target))


def _stream(local: Path, fs: Any, path: str) -> None:
    sink = fs.open(path, "wb")
    try:
        with local.open("rb") as source:
            shutil.copyfileobj(source, sink, CHUNK)
        sink.close()
    except BaseException:
        with suppress(Exception):
            sink.discard()
        with suppress(AttributeError):
            sink.closed = True  # else it is finished, and looks complete, when it is collected
        raise


def _size(fs: Any, path: str) -> int | None:
    fs.invalidate_cache()  # a listing from before would tell the old size
    try:
        return int(fs.size(path))
    except FileNotFoundError:
        return None


def _remove_half(fs: Any, path: str, before: int | None) -> None:
    """Remove what is there of a file, but not the whole one of an earlier try."""
    try:
        if _size(fs, path) not in (None, before):
            fs.rm_file(path)
    except Exception as error:
        log.warning("What was written of a result could not be removed: %s", type(error).__name__)
