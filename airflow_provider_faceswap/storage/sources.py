"""A media input: a URL, a file that workers can read, or the content itself."""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage.files import File, LocalFile, Source, StoredObject, digest
from airflow_provider_faceswap.storage.folders import LOCAL
from airflow_provider_faceswap.storage.formats import HEAD, recognise

__all__ = ["Content", "File", "Link", "SharedSources", "Source", "is_base64", "source_of"]

_MAX_PATH = 4096
_SHARED = 64


class Link(Source):
    """An http(s) URL, which the vendor fetches."""

    def __init__(self, name: str, url: str) -> None:
        super().__init__(name)
        self.url = url

    @property
    def described(self) -> str:
        """The URL without query, user and password."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return digest(self.url.encode())
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


class Content(Source):
    """The file itself: bytes, or base64 text."""

    def __init__(self, name: str, content: bytes | str) -> None:
        super().__init__(name)
        self._content = content

    @property
    def described(self) -> str:
        """``sha256:`` and the digest of the file."""
        if isinstance(self._content, bytes):
            return digest(self._content)
        text = self._content.rpartition(";base64,")[2]
        try:
            return digest(base64.b64decode("".join(text.split()), validate=True))
        except (binascii.Error, ValueError):
            return digest(self._content.encode(errors="replace"))


def source_of(name: str, value: Any) -> Source | None:
    """
    Return where a media input lies.

    :param name: of the field, for errors.
    :param value: as a Dag's author gives it.
    :return: None for what can be no input; the request's own check says why.
    """
    if isinstance(value, bytes):
        return Content(name, value)
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    if text[:8].lower().startswith(("http://", "https://")):
        return Link(name, text)
    # The base64 text of a JPEG begins with a slash as well.
    if ("://" not in text[:64] and not text.startswith("/")) or len(text) > _MAX_PATH or is_base64(text):
        return Content(name, value)
    scheme, separator, rest = text.partition("://")
    if not separator or text.startswith("/"):
        return LocalFile(name, text)
    if scheme.lower() in LOCAL and "::" not in text:
        return LocalFile(name, rest)
    return StoredObject(name, f"{scheme.lower()}://{rest}")


class SharedSources:
    """Where the media of a batch lie: what several items share, such as one face, is looked at once."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, Any], Source] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, name: str, value: Any) -> Source | None:
        """
        Return where a media input lies, as :func:`source_of` does.

        :param name: of the field, for errors.
        :param value: as a Dag's author gives it.
        """
        source = source_of(name, value)
        if not isinstance(source, StoredObject):
            return source
        source.shared = True
        with self._lock:
            known = self._found.setdefault((name, value), source)
            self._found.move_to_end((name, value))
            if len(self._found) > _SHARED:
                self._found.popitem(last=False)
        return known


def is_base64(text: str) -> bool:
    """Return whether a text is the base64 text of a picture or a video, by its start."""
    try:
        return recognise(text[:HEAD].encode(errors="replace"), "any").encoded
    except ResultError:
        return False
