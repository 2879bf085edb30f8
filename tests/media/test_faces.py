from __future__ import annotations

import base64
import io
import struct
import sys
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.media import crop_faces
from tests.media.clips import decoded, light

WIDTH, HEIGHT = 101, 67


def png(width: int = WIDTH, height: int = HEIGHT, rows: int = HEIGHT) -> bytes:
    """A picture that gets lighter from left to right: its grey is twice the column's number."""
    line = b"\x00" + bytes(min(255, 2 * x) for x in range(width))

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(line * rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def encoded(codec: Any) -> bytes:
    with av.open(io.BytesIO(png()), "r") as container:
        frame = next(container.decode(video=0)).reformat(format="yuvj444p" if codec == "mjpeg" else "bgra")
    context = av.VideoCodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, frame.format.name
    context.time_base = frame.time_base = Fraction(1, 25)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def crops(frame: Any, boxes: Any, margin: Any = 0.0) -> list[bytes]:
    return [base64.b64decode(text, validate=True) for text in crop_faces(frame, boxes, margin)]


def test_each_box_becomes_a_picture_of_its_place() -> None:
    first, second = crops(png(), [[10, 5, 31, 20], [60, 40, 101, 67]])
    assert first.startswith(b"\xff\xd8\xff")
    assert (decoded(first).width, decoded(first).height) == (21, 15)
    assert (decoded(second).width, decoded(second).height) == (41, 27)
    assert [light(first, 0), light(first, 20)] == pytest.approx([20, 60], abs=4)
    assert [light(second, 0), light(second, 40)] == pytest.approx([120, 200], abs=4)


@pytest.mark.parametrize(
    ("box", "margin", "left", "size"),
    [
        ([40, 30, 60, 40], 0.25, 35, (30, 16)),
        ([40, 30, 60, 40], 1, 20, (60, 30)),
        ([-20, -20, 20, 20], 0.25, 0, (30, 30)),
        ([90, 60, 500, 500], 0, 90, (11, 7)),
        ([0, 0, 101, 67], 4, 0, (101, 67)),
        ([50, 30, 51, 31], 0, 50, (1, 1)),
        ([10.6, 10.6, 20.2, 20.2], 0, 10, (11, 11)),
    ],
)
def test_boxes_get_a_margin_and_stay_in_the_picture(box: Any, margin: float, left: int, size: Any) -> None:
    (face,) = crops(png(), [box], margin)
    assert (decoded(face).width, decoded(face).height) == size
    assert light(face, 0) == pytest.approx(2 * left, abs=4)


@pytest.mark.parametrize("codec", ["png", "mjpeg", "libwebp"])
def test_the_picture_comes_in_several_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(tmp_path))
    picture = png() if codec == "png" else encoded(codec)
    path = tmp_path / "frame"
    path.write_bytes(picture)
    text = base64.b64encode(picture).decode()
    wrapped = "\n".join(text[place : place + 76] for place in range(0, len(text), 76))
    for frame in (picture, str(path), text, wrapped, f"data:image/png;base64,{text}"):
        (face,) = crops(frame, [[10, 5, 31, 20]])
        assert light(face, 0) == pytest.approx(20, abs=6)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"<html>",
        b"GIF89a" + b"\x00" * 100,
        png()[:60],
        encoded("mjpeg")[:100],
        png(30000, 30000, rows=1),
        "",
        "https://example.com/frame.jpg",
        "x" * 5000,
        "nul\x00",
        base64.b64encode(encoded("mjpeg")).decode()[:-3],
        base64.b64encode(encoded("mjpeg")).decode() + "!",
        7,
        None,
    ],
)
def test_what_is_not_a_picture_is_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="base64 text or the path") as caught:
        crop_faces(frame, [[0, 0, 9, 9]])
    assert caught.value.field == "frame"


def test_only_pictures_below_the_local_roots_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = tmp_path / "roots"
    roots.mkdir()
    for path in (tmp_path / "frame.png", roots / "frame.png"):
        path.write_bytes(png())
    (roots / "link.png").symlink_to(tmp_path / "frame.png")
    (roots / "airflow.cfg").write_text("fernet_key = secret")
    monkeypatch.setenv("AIRFLOW__FACESWAP__LOCAL_ROOTS", str(roots))

    def refusal(path: Path) -> str:
        with pytest.raises(InputError) as caught:
            crop_faces(str(path), [[0, 0, 9, 9]])
        return str(caught.value)

    assert crop_faces(str(roots / "frame.png"), [[0, 0, 9, 9]])
    outside = refusal(tmp_path / "frame.png")
    assert "local_roots" in outside
    assert outside == refusal(roots / "link.png") == refusal(roots / "no-such.png")
    assert "not a JPEG, PNG or WebP picture" in refusal(roots / "airflow.cfg")


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ([], "at least one"),
        (None, "at least one"),
        ("1234", "number 1 must be"),
        ([1, 2, 3, 4], "number 1 must be"),
        ([[1, 2, 3, 4], [1, 2, 3]], "number 2 must be"),
        ([[1, 2, 3, "4"]], "four numbers"),
        ([[1, 2, 3, True]], "four numbers"),
        ([[1, 2, 3, float("nan")]], "four numbers"),
        ([[1, 2, 3, 10**400]], "four numbers"),
        ([[9, 2, 3, 4]], "x1 < x2"),
        ([[1, 4, 3, 4]], "y1 < y2"),
        ([[101, 2, 130, 4]], "outside the picture of 101 x 67"),
        ([[-9, -9, 0, 4]], "outside the picture of 101 x 67"),
    ],
)
def test_wrong_boxes_are_refused(boxes: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        crop_faces(png(), boxes)
    assert caught.value.field == "boxes"


@pytest.mark.parametrize("margin", [-0.1, 5, "1", float("nan"), None])
def test_a_wrong_margin_is_refused(margin: Any) -> None:
    with pytest.raises(InputError) as caught:
        crop_faces(png(), [[0, 0, 9, 9]], margin)
    assert caught.value.field == "margin"


def test_without_pyav_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r"pip install 'airflow-provider-faceswap\[media\]'$"):
        crop_faces(png(), [[0, 0, 9, 9]])
