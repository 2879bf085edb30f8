"""Folders opened by their URLs, on local disk or in object storage."""

from __future__ import annotations

from collections.abc import Callable

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.storage.folders import local_path, open_path, refuse_event_loop
from airflow_provider_faceswap.storage.local_place import LocalPlace
from airflow_provider_faceswap.storage.place import Place
from airflow_provider_faceswap.storage.stored_place import StoredPlace

__all__ = ["LocalPlace", "Place", "StoredPlace", "open_place", "said"]


def open_place(url: str, error: Callable[[str], Exception]) -> Place:
    """
    Open a folder, having looked its Airflow connection up.

    :param url: a checked URL.
    :param error: makes the error to raise from what is wrong with the URL.
    """
    refuse_event_loop()
    # An ObjectStoragePath imports the filesystems of all providers, 0.2 s of CPU, for local disk as well.
    local = local_path(url)
    return StoredPlace(open_path(url, error)) if local is None else LocalPlace(local)


def said(error: Exception) -> str:
    """Return what an error of a store says, in one line without the path of a URL."""
    return one_line(str(error) if isinstance(error, FaceSwapError) else f"{type(error).__name__}: {error}")
