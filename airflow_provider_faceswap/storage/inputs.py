"""Pictures that a Dag's author gives as files: local ones, and those in object storage."""

from __future__ import annotations

import base64
from typing import Any

from airflow_provider_faceswap.apis.fields import is_url
from airflow_provider_faceswap.exceptions import InputError

MAX_BYTES = 10 * 1024 * 1024
"""Bytes of a picture that is sent along."""
_MAX_PATH = 4096


def read_file(name: str, value: Any) -> bytes | None:
    """
    Read an input that names a file.

    :param name: of the field, for errors.
    :param value: as the Dag's author gives it.
    :return: the file's content, or None if the value is something else: a URL, or base64 text.
    :raises InputError: if the file is missing, empty or too large.
    """
    if not isinstance(value, str) or is_url(value.strip()) or len(value) > _MAX_PATH:
        return None
    text = value.strip()
    if not text.startswith("/") and "://" not in text:
        return None
    from airflow_provider_faceswap.storage.folders import open_folder

    path = open_folder(text if "://" in text else f"file://{text}", name)
    try:
        with path.open("rb") as file:
            content: bytes = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if text.startswith("/") and "://" not in text and len(text) > 64:
            return None  # base64 text of a JPEG begins with a slash as well
        raise InputError(name, "names a file that does not exist") from None
    except Exception as error:  # each store has errors of its own
        raise InputError(name, f"names a file that cannot be read: {type(error).__name__}") from None
    if not content or len(content) > MAX_BYTES:
        raise InputError(name, f"names a file that is empty, or larger than {MAX_BYTES} bytes")
    return content


def as_base64(name: str, value: Any) -> Any:
    """
    Return the base64 text of an input that names a file, and any other input as it is.

    :param name: of the field, for errors.
    """
    content = read_file(name, value)
    return value if content is None else base64.b64encode(content).decode()
