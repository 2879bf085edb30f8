"""What a file is, by its first bytes; its name and what a sender calls it say little."""

from __future__ import annotations

import re

from airflow_provider_faceswap.apis.kind import Kind

HEAD = 512
"""First bytes that are enough to recognise a file."""

_RIFF = rb"RIFF.{4}"
_SIGNATURES: tuple[tuple[Kind, str, bytes], ...] = (
    ("image", "jpg", rb"\xff\xd8\xff"),
    ("image", "png", rb"\x89PNG\r\n\x1a\n"),
    ("image", "gif", rb"GIF8[79]a"),
    ("video", "gif", rb"GIF8[79]a"),
    ("image", "webp", _RIFF + b"WEBP"),
    ("image", "avif", rb".{4}ftypavi[fs]"),
    ("image", "heic", rb".{4}ftyp(?:hei[cx]|mif1|msf1)"),
    ("video", "avi", _RIFF + b"AVI "),
    ("video", "mkv", rb"\x1aE\xdf\xa3.{0,64}?matroska"),
    ("video", "webm", rb"\x1aE\xdf\xa3"),
    ("video", "mov", rb".{4}ftypqt  "),
    ("video", "mp4", rb".{4}ftyp(?!avi[fs]|hei[cx]|mif1|msf1)"),
)

FORMATS = frozenset({"jpeg", *(name for _, name, _ in _SIGNATURES)})
"""Suffixes of the formats that are recognised."""


def signature(head: bytes, kind: Kind) -> str:
    """Return the name of the format that a file of a kind begins as, such as ``mp4``, or nothing."""
    for found, name, pattern in _SIGNATURES:
        if kind in (found, "any") and re.match(pattern, head, re.DOTALL):
            return name
    return ""
