"""What a file is, by its first bytes; vendors' names and Content-Types say little."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from airflow_provider_faceswap.apis.kind import Kind
from airflow_provider_faceswap.apis.signatures import HEAD, signature
from airflow_provider_faceswap.exceptions import ResultError

__all__ = [
    "BLOCK", "CHUNK", "HEAD", "Fetched", "Format", "breaks_off", "decode", "measure", "recognise",
    "size_and_digest",
]  # fmt: skip

BLOCK = 1024 * 1024
"""Bytes that a store's library reads ahead in a file that it has opened."""
CHUNK = 256 * 1024
"""Bytes of a file that are in memory at once."""

_BOXES = frozenset(b"ftyp moov mdat moof mfra sidx styp free skip wide meta uuid emsg".split())
_DATA_URI = re.compile(rb"\s*data:[\w.+/-]{1,100};base64,", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+[=\s]*\Z")


class Format(NamedTuple):
    """
    What a file holds.

    :param name: such as ``mp4``.
    :param encoded: whether it is base64 text of such a file.
    """

    name: str
    encoded: bool = False


class Fetched(NamedTuple):
    """
    A file that is to be stored.

    :param size: in bytes.
    :param sha256: of its content, in hex.
    :param format: such as ``mp4``.
    """

    size: int
    sha256: str
    format: str


def recognise(head: bytes, kind: Kind) -> Format:
    """
    Recognise a file's format.

    :param head: its first :data:`HEAD` bytes.
    :param kind: what it must be.
    :raises ResultError: if it is not of that kind.
    """
    if name := signature(head, kind):
        return Format(name)
    if name := signature(_decoded_head(head), kind):
        return Format(name, encoded=True)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    what = "an HTML page" if text.startswith((b"<!doctype", b"<html", b"<head")) else "something else"
    wanted = {"any": "a picture or a video", "image": "a picture", "video": "a video"}[kind]
    raise ResultError(f"the vendor's link gave {what} instead of {wanted}")


def _decoded_head(head: bytes) -> bytes:
    text = head[_prefix(head) :]
    if not _BASE64.match(text):
        return b""
    text = b"".join(text.rstrip(b"= \t\r\n").split())
    return base64.b64decode(text[: len(text) // 4 * 4])


def _prefix(head: bytes) -> int:
    found = _DATA_URI.match(head)
    return found.end() if found else 0


def breaks_off(path: Path) -> bool:
    """
    Return whether the last box of a clip in an MP4 or QuickTime file ends behind the file.

    :param path: of a file of any format; other formats do not say how long they are.
    """
    with path.open("rb") as file:
        at, size = 0, file.seek(0, os.SEEK_END)
        while at < size:
            file.seek(at)
            head = file.read(16)
            if at == 0 and head[4:8] != b"ftyp":
                return False
            length = int.from_bytes(head[8:16] if head[:4] == b"\0\0\0\1" else head[:4], "big")
            if length < 8 or head[4:8] not in _BOXES:  # the last one, or what somebody wrote behind it
                return False
            at += length
    return at > size


def measure(source: BinaryIO, kind: Kind) -> Fetched:
    """
    Read a file through.

    :raises ResultError: if it is not of that kind.
    """
    source.seek(0)
    name = recognise(source.read(HEAD), kind).name
    return Fetched(*size_and_digest(source), name)


def size_and_digest(source: BinaryIO) -> tuple[int, str]:
    """Return a file's size and its SHA-256 in hex."""
    source.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def decode(path: Path) -> None:
    """
    Replace base64 text by the file that it holds, piece by piece.

    :param path: of the text.
    :raises ResultError: if it is not base64 to its end.
    """
    decoded = path.with_name(f"{path.name}.decoded")
    problem = False
    with path.open("rb") as source, decoded.open("wb") as sink:
        source.seek(_prefix(source.read(HEAD)))
        try:
            for text in _fours(source):
                sink.write(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            problem = True
    if problem:
        raise ResultError("the vendor's link gave base64 text that breaks off or is not base64 to its end")
    decoded.replace(path)


def _fours(source: BinaryIO) -> Iterator[bytes]:
    """Cut base64 text into pieces that can be decoded one by one."""
    rest, ended = b"", False
    while chunk := source.read(CHUNK):
        text = rest + b"".join(chunk.split())
        whole = len(text) // 4 * 4
        if ended and text:
            raise ValueError("text after the padding")
        ended = text[:whole].endswith(b"=")
        yield text[:whole]
        rest = text[whole:]
    if rest:
        yield rest
