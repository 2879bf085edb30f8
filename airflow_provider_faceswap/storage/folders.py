"""Folders in object storage: their URLs checked before anything is paid, their connections looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_faceswap.exceptions import InputError

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath


def check_folder(output_path: str) -> str:
    """
    Check a folder's URL before anything is paid.

    :param output_path: such as ``s3://conn_id@bucket/folder`` or ``file:///folder``.
    :raises InputError: naming the remedy.
    """
    text = output_path.strip()
    if "{{" in text or not text.isprintable():
        raise InputError("output_path", "holds a template that was not rendered, or control characters")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InputError("output_path", "is no valid URL") from None
    if text in ("", "None") or not parts.scheme or "None" in parts.path.split("/"):
        raise InputError("output_path", "must be the URL of a folder, such as s3://conn_id@bucket/folder")
    if ".." in parts.path.split("/"):
        raise InputError("output_path", "must not hold '..'")
    if parts.scheme == "file" and not parts.path.startswith("/"):
        raise InputError("output_path", "must be absolute, such as file:///data/swaps")
    return text.rstrip("/")


def open_folder(output_path: str, field: str = "output_path") -> ObjectStoragePath:
    """
    Return a place in object storage, having looked its Airflow connection up.

    :param output_path: a checked URL.
    :param field: the argument that names it, for errors.
    :raises InputError: if the connection that it names does not exist, or no filesystem serves its scheme.
    """
    from airflow.sdk import BaseHook, ObjectStoragePath
    from airflow.sdk.exceptions import AirflowNotFoundException

    conn_id = urlsplit(output_path).netloc.rpartition("@")[0]
    if conn_id:
        try:
            BaseHook.get_connection(conn_id)  # without it, the default credentials are used in silence
        except AirflowNotFoundException:
            raise InputError(field, f"names the connection {conn_id!r}, which is not defined") from None
    try:
        return ObjectStoragePath(output_path)
    except (ValueError, ImportError) as error:
        raise InputError(field, f"no filesystem serves it: {error}") from None
