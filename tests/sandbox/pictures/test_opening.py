"""A clip is untrusted: it is opened by its first bytes, with whitelists and bounds."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from airflow_provider_faceswap.sandbox.pictures import opening
from airflow_provider_faceswap.sandbox.pictures.samples import sample
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap

INVALID = "The file in init_video is not a valid video."


def clip(
    container: str, codec: str, *, side: int = 64, times: tuple[int, ...] = (0, 1, 2), sound: bool = False
) -> bytes:
    """A grey clip, with one frame at each of the times, in twelfths of a second."""
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as output:
        stream = output.add_stream(codec, rate=Fraction(12))
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        audio = output.add_stream("aac", rate=44100) if sound else None
        for time in times:
            frame = VideoFrame.from_ndarray(np.full((side, side, 3), 99, np.uint8), format="bgr24")
            frame.pts = time
            output.mux(stream.encode(frame))
        if audio:
            output.mux(audio.encode(None))
        output.mux(stream.encode(None))
    return sink.getvalue()


def decode(content: bytes) -> int:
    with opening.open_clip(content, "init_video") as (container, stream):
        return sum(1 for _ in opening.decode_frames(container, stream, "init_video"))


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp4", "libx264"),
        ("mov", "libx264"),
        ("matroska", "libx264"),
        ("webm", "libvpx-vp9"),
        ("mp4", "mpeg4"),
    ],
)
def test_what_vendors_take_is_opened(container: str, codec: str) -> None:
    assert decode(clip(container, codec)) == 3


def test_sound_does_no_harm() -> None:
    assert decode(clip("mp4", "libx264", sound=True)) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\x00\x00\x00\x18ftypmp42 and no more",
        b"#EXTM3U\n#EXTINF:3,\n{path}\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile {path}\n",
        b"<?xml version='1.0'?><MPD><BaseURL>{path}</BaseURL></MPD>",
    ],
    ids=["empty", "nonsense", "head", "hls", "concat", "dash"],
)
def test_what_is_not_a_clip_or_names_other_files_is_refused(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(sample("clip.mp4"))
    with pytest.raises(CannotSwap, match=INVALID):
        decode(content.replace(b"{path}", str(other).encode()))


def test_another_container_is_refused() -> None:
    with pytest.raises(CannotSwap, match=INVALID):
        decode(clip("avi", "mpeg4"))


def test_another_codec_is_refused() -> None:
    with pytest.raises(CannotSwap, match=INVALID):
        decode(clip("matroska", "ffv1"))


def test_too_many_pixels_are_refused() -> None:
    side = 64
    while side * side <= opening.MAX_PIXELS:
        side += 64
    with pytest.raises(CannotSwap, match=INVALID):
        decode(clip("mp4", "mpeg4", side=side, times=(0,)))


@pytest.mark.parametrize("times", [(0, 12 * 61), tuple(range(12 * 61))], ids=["time", "frames"])
def test_more_than_a_minute_is_refused(times: tuple[int, ...]) -> None:
    with pytest.raises(CannotSwap, match="Only videos less than 1 minute are accepted in init_video"):
        decode(clip("mp4", "libx264", times=times))


def test_a_rate_that_is_too_high_does_not_buy_more_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_RATE", 0.5)
    with pytest.raises(CannotSwap, match="Only videos less than 1 minute"):
        decode(clip("mp4", "libx264", times=tuple(range(31))))
