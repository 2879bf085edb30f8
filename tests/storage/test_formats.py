from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.fields import VIDEO_FORMATS
from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.storage import formats
from airflow_provider_faceswap.storage.formats import Format, decode, recognise

FILES = {
    "mp4": b"\0\0\0\x20ftypisom",
    "mov": b"\0\0\0\x14ftypqt  ",
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm",
    "mkv": b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\x82\x88matroska",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "gif": b"GIF89a\0\0",
    "jpg": b"\xff\xd8\xff\xe0\0",
    "png": b"\x89PNG\r\n\x1a\n",
    "webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "avif": b"\0\0\0\x20ftypavif",
}
PICTURES = ("jpg", "png", "webp", "avif", "gif")
JPEG = FILES["jpg"] + bytes(range(256)) * 40


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_told_by_its_first_bytes(name: str) -> None:
    assert recognise(FILES[name], "any") == Format(name)
    for kind, members in (("image", PICTURES), ("video", VIDEO_FORMATS)):
        if name in members:
            assert recognise(FILES[name], kind) == Format(name)  # type: ignore[arg-type]
        else:
            with pytest.raises(ResultError, match="something else instead of a"):
                recognise(FILES[name], kind)  # type: ignore[arg-type]


def test_every_format_that_may_be_asked_for_is_told() -> None:
    assert set(VIDEO_FORMATS) <= set(FILES)


@pytest.mark.parametrize(
    "head", [b"<!DOCTYPE html>", b"  <html>", b"\xef\xbb\xbf<HTML lang=en>", b"\n<head>"]
)
def test_a_page_is_called_a_page(head: bytes) -> None:
    with pytest.raises(ResultError, match="an HTML page instead of a picture"):
        recognise(head, "image")


@given(st.binary(max_size=600), st.sampled_from(["image", "video", "any"]))
def test_any_bytes_are_a_format_or_refused(head: bytes, kind: Any) -> None:
    try:
        assert recognise(head, kind).name in (*FILES, "heic")
    except ResultError as error:
        assert "instead of" in str(error)


@pytest.mark.parametrize(
    "write",
    [
        base64.b64encode,
        base64.encodebytes,
        lambda data: b"data:image/jpeg;base64," + base64.b64encode(data),
        lambda data: b"\n " + base64.encodebytes(data).replace(b"\n", b"\r\n"),
        lambda data: base64.b64encode(data).rstrip(b"="),
    ],
)
@pytest.mark.parametrize("size", [len(JPEG), 9001, 9002, 9003])
@pytest.mark.parametrize("chunk", [1024 * 1024, 1001, 7])
def test_base64_text_becomes_the_file(
    write: Any, size: int, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "CHUNK", chunk)
    path = tmp_path / "picture"
    path.write_bytes(write(JPEG[:size]))
    assert recognise(path.read_bytes()[:512], "image") == Format("jpg", encoded=True)
    if not (write(b"x") == b"eA" and size % 3):  # padding that is left out
        decode(path)
        assert path.read_bytes() == JPEG[:size]
    else:
        with pytest.raises(ResultError, match="breaks off"):
            decode(path)


@pytest.mark.parametrize("tail", [b"*", b"=AAAA", b"A", b"<html>"])
@pytest.mark.parametrize("chunk", [1024 * 1024, 8])
def test_base64_text_that_ends_wrong_is_refused(
    tail: bytes, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "CHUNK", chunk)
    path = tmp_path / "picture"
    path.write_bytes(base64.b64encode(JPEG[:9001]) + tail)
    with pytest.raises(ResultError, match="breaks off or is not base64"):
        decode(path)
