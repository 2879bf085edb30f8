"""Folders opened by their URLs, on local disk or in object storage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from airflow_provider_faceswap.apis.reading import one_line
from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.storage.folders import LOCAL, open_path
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
    path = open_path(url, error)
    return LocalPlace(Path(path.path)) if path.protocol in LOCAL else StoredPlace(path)


def said(error: Exception) -> str:
    """Return what an error of a store says, in one line without the path of a URL."""
    return one_line(str(error) if isinstance(error, FaceSwapError) else f"{type(error).__name__}: {error}")
