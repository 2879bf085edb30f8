"""Folders opened by their URLs, on local disk or in object storage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.storage.folders import local_path, open_folder, open_path, refuse_event_loop
from airflow_provider_faceswap.storage.local_place import LocalPlace
from airflow_provider_faceswap.storage.place import Place
from airflow_provider_faceswap.storage.stored_place import StoredPlace

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

__all__ = ["LocalPlace", "Place", "StoredPlace", "open_output", "open_place", "said"]


def open_place(url: str, error: Callable[[str], Exception]) -> Place:
    """
    Open a folder, having looked its Airflow connection up.

    :param url: a checked URL.
    :param error: makes the error to raise from what is wrong with the URL.
    """
    return _open(url, lambda: open_path(url, error))


def open_output(url: str) -> Place:
    """
    Open ``output_path`` or a folder below it, having looked its Airflow connection up.

    :param url: a checked URL.
    :raises InputError: if the connection does not exist, or no filesystem serves the URL's scheme.
    :raises NotSentError: if Airflow cannot look the connection up now.
    """
    return _open(url, lambda: open_folder(url))


def _open(url: str, in_store: Callable[[], ObjectStoragePath]) -> Place:
    refuse_event_loop()
    # An ObjectStoragePath imports the filesystems of all providers, 0.2 s of CPU, for local disk as well.
    local = local_path(url)
    return StoredPlace(in_store()) if local is None else LocalPlace(local)


def said(error: Exception) -> str:
    """Return what an error of a store says, in one line without the path of a URL."""
    return one_line(str(error) if isinstance(error, FaceSwapError) else f"{type(error).__name__}: {error}")
