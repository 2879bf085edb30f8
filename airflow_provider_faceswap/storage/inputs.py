"""Pictures that a Dag's author gives as files: local ones, and those in object storage."""

from __future__ import annotations

import base64
from typing import Any

from airflow_provider_faceswap.apis.fields import is_url
from airflow_provider_faceswap.exceptions import InputError, ResultError
from airflow_provider_faceswap.storage.folders import LOCAL, open_folder, url_problem
from airflow_provider_faceswap.storage.formats import HEAD, recognise
from airflow_provider_faceswap.storage.local import read_local

MAX_BYTES = 10 * 1024 * 1024
"""Bytes of a picture that is sent along."""
_MAX_PATH = 4096


def read_file(name: str, value: Any) -> bytes | None:
    """
    Read an input that names a picture's file.

    :param name: of the field, for errors.
    :param value: as the Dag's author gives it.
    :return: the file's content, or None if the value is something else: a URL, or base64 text.
    :raises InputError: if the file is missing, may not be read, is too large or does not hold a picture.
    """
    if not isinstance(value, str) or is_url(value.strip()) or len(value) > _MAX_PATH:
        return None
    text = value.strip()
    # The base64 text of a JPEG begins with a slash as well.
    if ("://" not in text and not text.startswith("/")) or _is_base64(text):
        return None
    scheme, separator, rest = text.partition("://")
    if not separator or text.startswith("/"):
        content = read_local(name, text, MAX_BYTES)
    elif scheme.lower() in LOCAL and "::" not in text:
        content = read_local(name, rest, MAX_BYTES)
    else:
        content = _read_stored(name, f"{scheme.lower()}://{rest}")
    _check_picture(name, content)
    return content


def _is_base64(text: str) -> bool:
    try:
        return recognise(text[:HEAD].encode(errors="replace"), "image").encoded
    except ResultError:
        return False


def _read_stored(name: str, url: str) -> bytes:
    from airflow.sdk.io import has_fs

    scheme = url.partition("://")[0]
    # Not whatever fsspec knows: some of its filesystems read local disk, or what another one gives.
    if "::" in url or not has_fs(scheme) or scheme in LOCAL:
        raise InputError(
            name,
            "must be a URL, or a path in an object store that Airflow serves, such as s3://conn_id@bucket/key",
        )
    if problem := url_problem(url):
        raise InputError(name, problem)
    path = open_folder(url, name)
    try:
        with path.open("rb") as file:
            content: bytes = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(name, "names a file that does not exist") from None
    except Exception as error:  # each store has errors of its own
        raise InputError(name, f"names a file that cannot be read: {type(error).__name__}") from None
    if not content or len(content) > MAX_BYTES:
        raise InputError(name, f"names a file that is empty, or larger than {MAX_BYTES} bytes")
    return content


def _check_picture(name: str, content: bytes) -> None:
    try:
        encoded = recognise(content[:HEAD], "image").encoded
    except ResultError:
        encoded = True
    if encoded:  # base64 text could go on with anything
        raise InputError(
            name, "names a file that does not hold a picture such as JPEG or PNG; it was not sent"
        )


def as_base64(name: str, value: Any) -> Any:
    """
    Return the base64 text of an input that names a file, and any other input as it is.

    :param name: of the field, for errors.
    """
    content = read_file(name, value)
    return value if content is None else base64.b64encode(content).decode()
