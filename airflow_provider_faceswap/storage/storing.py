"""A file measured, put under its claimed name, and fetched from where it was stored."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.exceptions import FaceSwapError, ResultError
from airflow_provider_faceswap.storage.formats import CHUNK, HEAD, Fetched, recognise, size_and_digest
from airflow_provider_faceswap.storage.places import Place, open_place, said
from airflow_provider_faceswap.storage.provenance import SUFFIX

FREE_AGAIN = "; mend it and retry or clear: nothing is paid again"
"""Ends the error of a paid result that could not be stored; not true where a task keeps no state."""


@contextmanager
def repeatable() -> Iterator[None]:
    """Say of each error that another try is free; what no retry mends elsewhere, a mended store does here."""
    problem = ""
    try:
        yield
    except (FaceSwapError, OSError) as error:  # OSError: of local disk
        problem = said(error)
    if problem:
        raise ResultError(f"{problem}{FREE_AGAIN}")


@contextmanager
def blamed(name: str) -> Iterator[None]:
    """Turn what a store raises into the family's error about a file."""
    problem = ""
    try:
        yield
    except Exception as error:  # each store has errors of its own
        problem = said(error)
    if problem:
        raise ResultError(f"{name} could not be written to output_path: {problem}")


def put_claimed(place: Place, name: str, source: BinaryIO | Path, size: int) -> None:
    """
    Put a file under the name that its line claims.

    :param source: the file; a path is one of the place's own scratch folder, and is moved.
    :param size: of the file.
    """
    try:
        if isinstance(source, Path):
            place.take(name, source, size)
        else:
            source.seek(0)
            place.put(name, source, size)
    except BaseException:
        with suppress(Exception):
            if not place.exists(name):  # else the line would keep the name for a file that never was
                place.remove(name + SUFFIX)
        raise


def fetch_stored(url: str, expected: tuple[int, str], local: BinaryIO, kind: Kind) -> Fetched:
    """
    Copy a stored file to local disk.

    :param expected: its size and SHA-256.
    :param kind: what it must be.
    :raises ResultError: if it is another one now, or cannot be read.
    """
    folder, _, name = url.rpartition("/")
    problem = ""
    try:
        place = open_place(folder, ResultError)
        if place.size(name) == expected[0]:
            with closing(place.open(name)) as source:
                shutil.copyfileobj(source, local, CHUNK)
        if size_and_digest(local) != expected:
            problem = "its content is not the one that was stored"
    except Exception as error:  # each store has errors of its own
        problem = said(error)
    if problem:
        raise ResultError(f"{url} could not be copied: {problem}")
    local.seek(0)
    return Fetched(*expected, recognise(local.read(HEAD), kind).name)
