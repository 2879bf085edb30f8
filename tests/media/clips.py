"""Small clips and pictures, made on the spot. Each frame is grey, and lighter than the one before."""

from __future__ import annotations

import io
import random
import struct
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition
from av.video.frame import VideoFrame

RATE = 25
SECONDS = 2.0
STEP = 4
FAST = {"preset": "ultrafast"}


class Pipe:
    """A sink that cannot seek, as a browser's recorder has."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, part: Any) -> int:
        self.content += part
        return len(part)


def grey(level: int, width: int = 64, height: int = 48) -> VideoFrame:
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def halves() -> VideoFrame:
    """A frame that is dark to the left and light to the right."""
    frame = grey(128)
    luma = frame.planes[0]
    line = (b"\x20" * 32 + b"\xd0" * 32).ljust(luma.line_size, b"\x00")
    luma.update(line * luma.height)
    return frame


def noise(seed: int) -> VideoFrame:
    """A frame that hardly shrinks."""
    frame = VideoFrame(320, 240, "yuv420p")
    for plane in frame.planes:
        plane.update(random.Random(seed).randbytes(plane.buffer_size))
    return frame


def _write(target: Any, kind: str, codec: str, frames: list[VideoFrame], **options: str) -> None:
    muxing = {name: options.pop(name) for name in ("movflags", "live") if name in options}
    coding = {**(FAST if codec == "libx264" else {}), **options}
    with av.open(target, "w", format=kind, options=muxing) as container:
        container.metadata["title"] = "A" * 16
        stream = container.add_stream(codec, rate=RATE, options=coding)  # type: ignore[call-overload]
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _file(kind: str, codec: str, frames: list[VideoFrame], **options: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "clip")
        _write(str(target), kind, codec, frames, **options)
        return target.read_bytes()


def _recorded(kind: str, codec: str, frames: list[VideoFrame], **options: str) -> bytes:
    """As a browser does it: no length in the headers, and no index."""
    pipe = Pipe()
    _write(pipe, kind, codec, frames, live="1", **options)
    return bytes(pipe.content)


def _greys() -> list[VideoFrame]:
    return [grey(20 + STEP * number) for number in range(round(RATE * SECONDS))]


@cache
def clip(name: str) -> bytes:
    """Two seconds of video."""
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "g": "5", "bf": "0"}
    start = {"movflags": "faststart"}
    loud = [noise(number) for number in range(round(RATE * SECONDS))] if name.startswith("large") else []
    making: dict[str, Any] = {
        "index-last.mp4": lambda: _file("mp4", "libx264", _greys(), g="10"),
        "index-first.mp4": lambda: _file("mp4", "libx264", _greys(), g="10", **start),
        "fragments.mp4": lambda: _file("mp4", "libx264", _greys(), **fragments),
        "clip.mov": lambda: _file("mov", "libx264", _greys()),
        "clip.webm": lambda: _file("webm", "libvpx-vp9", _greys(), deadline="realtime"),
        "clip.mkv": lambda: _file("matroska", "libx264", _greys()),
        "large-index-last.mp4": lambda: _file("mp4", "libx264", loud, qp="8", g="5"),
        "large-index-first.mp4": lambda: _file("mp4", "libx264", loud, qp="8", **start),
        "large-fragments.mp4": lambda: _file("mp4", "libx264", loud, qp="8", **fragments),
        "halves.mp4": lambda: _file("mp4", "libx264", [halves()] * 5),
        "other-codec.mkv": lambda: _file("matroska", "mpeg2video", _greys()),
        "recorded.webm": lambda: _recorded("webm", "libvpx-vp9", _greys(), deadline="realtime"),
        "large-recorded.mkv": lambda: _recorded("matroska", "libx264", loud, qp="8"),
        "sound.mp4": lambda: _sound(),
    }
    content: bytes = making[name]()
    return content


def _sound() -> bytes:
    """Sound with a picture of its cover."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        sound, cover = container.add_stream("aac", rate=44100), container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = Disposition.attached_pic.value  # PyAV below 16 takes nothing but a number
        picture = grey(128).reformat(format="yuvj420p")
        picture.pts, picture.time_base = 0, Fraction(1)
        container.mux([*cover.encode(picture), *cover.encode(None)])
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = 44100
        container.mux([*sound.encode(frame), *sound.encode(None)])
    return target.getvalue()


def decoded(picture: bytes) -> VideoFrame:
    with av.open(io.BytesIO(picture), "r") as container:
        return next(container.decode(video=0))


def light(picture: bytes, x: int | None = None, y: int | None = None) -> int:
    """Return how light a picture is at a place, from 0 to 255; in its middle unless told otherwise."""
    frame = decoded(picture).reformat(format="gray")
    across = frame.width // 2 if x is None else x
    down = frame.height // 2 if y is None else y
    return bytes(frame.planes[0])[down * frame.planes[0].line_size + across]


def hostile_index(samples: int, tracks: int = 3) -> bytes:
    """Return a short clip whose index promises millions of samples, for which FFmpeg takes gigabytes."""
    body = bytearray(clip("index-first.mp4"))
    for name, entry in (
        (b"stsz", (1, samples)),
        (b"stts", (1, samples, 512)),
        (b"stsc", (1, 1, samples, 1)),
    ):
        place = body.index(name) + 8
        content = struct.pack(f">{len(entry)}I", *entry)
        body[place : place + len(content)] = content
    moov, trak = (body.index(name) - 4 for name in (b"moov", b"trak"))
    track = body[trak : trak + int.from_bytes(body[trak : trak + 4], "big")]
    rest = body[trak + len(track) : moov + int.from_bytes(body[moov : moov + 4], "big")]
    index = body[moov + 4 : trak] + track * tracks + rest
    return bytes(body[:moov] + struct.pack(">I", len(index) + 4) + index) + b"\0\0\x10\0mdat" + bytes(100)
