"""Folders in object storage: their URLs checked before anything is paid, their connections looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_faceswap.apis.registry import in_use
from airflow_provider_faceswap.exceptions import InputError, NotSentError

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath

LOCAL = ("file", "local", "")
"""Schemes of local disk."""


def check_folder(output_path: str) -> str:
    """
    Check a folder's URL before anything is paid.

    :param output_path: such as ``s3://conn_id@bucket/folder`` or ``file:///folder``.
    :raises InputError: naming the remedy.
    """
    text = output_path.strip()
    if "{{" in text or not text.isprintable():
        raise InputError("output_path", "holds a template that was not rendered, or control characters")
    if problem := url_problem(text):
        raise InputError("output_path", problem)
    if "None" in urlsplit(text).path.split("/"):
        raise InputError("output_path", _WANTED)
    return text.rstrip("/")


_WANTED = "must be the URL of a folder, such as s3://conn_id@bucket/folder or file:///data/folder"


def url_problem(url: str) -> str:
    """Return why a text cannot be the URL of a place in object storage, or nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "is not a valid URL"
    _, separator, rest = url.partition("://")
    if not separator or not parts.scheme or not rest.strip("/"):
        return _WANTED
    if "::" in url or parts.scheme in ("http", "https"):
        return f"must not chain filesystems or be an http(s) URL; it {_WANTED}"
    if "?" in url or "#" in url:
        return "must not hold '?' or '#'"
    if ".." in rest.split("/"):
        return "must not hold '..'"
    if ":" in parts.netloc.rpartition("@")[0]:
        return "must name an Airflow connection before the '@', not a user and a password"
    if parts.scheme in LOCAL and not rest.startswith("/"):
        return "must be absolute, such as file:///data/swaps"
    return ""


def local_path(url: str) -> Path | None:
    """
    Return where a place on local disk lies, or None if it is elsewhere.

    :param url: a checked URL.
    """
    scheme, _, path = url.partition("://")
    return Path(path) if scheme in LOCAL else None


def open_folder(output_path: str, field: str = "output_path") -> ObjectStoragePath:
    """
    Return a place in object storage, having looked its Airflow connection up.

    :param output_path: a checked URL.
    :param field: the argument that names it, for errors.
    :raises InputError: if the connection that it names does not exist, or no filesystem serves its scheme.
    :raises NotSentError: if Airflow cannot look that connection up now.
    """
    return open_path(
        output_path,
        lambda problem: InputError(field, problem),
        lambda problem: NotSentError(f"{field} {problem}; nothing was sent"),
    )


def open_path(
    url: str, error: Callable[[str], Exception], for_now: Callable[[str], Exception] | None = None
) -> ObjectStoragePath:
    """
    Return a place in object storage, having looked its Airflow connection up.

    :param url: a checked URL.
    :param error: makes the error to raise, from what is wrong with the URL, such as
        ``names the connection 'x', which is not defined here``.
    :param for_now: makes the one to raise if Airflow cannot look its connection up now; ``error`` if left
        out.
    """
    from airflow.sdk import ObjectStoragePath
    from airflow.sdk.exceptions import AirflowNotFoundException

    from airflow_provider_faceswap.connections import UNANSWERED, LookupFailedError, get_connection

    refuse_event_loop()
    conn_id = urlsplit(url).netloc.rpartition("@")[0]
    if conn_id:
        try:
            # Without it, or with one of another kind, the default credentials are used in silence.
            found = get_connection(conn_id).conn_type
        except AirflowNotFoundException:
            raise error(f"names the connection {conn_id!r}, which is not defined here") from None
        except LookupFailedError:
            raise (for_now or error)(f"names the connection {conn_id!r}, which {UNANSWERED}") from None
        if in_use(found):
            raise error(
                f"names the connection {conn_id!r}, which is of type {found!r}; give that of the store"
            )
    try:
        path = ObjectStoragePath(url)
        path.fs  # noqa: B018 - imports the filesystem's package
    except (ValueError, ImportError) as problem:
        raise error(f"cannot be opened, no filesystem serves it: {problem}") from None
    return path


def refuse_event_loop() -> None:
    """Raise AssertionError on an event loop: no connection is found there, and the default one is used."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise AssertionError("object storage is used on an event loop")
