"""Swapping a face into a clip, and writing clips that browsers play."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from airflow_provider_faceswap.sandbox.faces import Box, Picture, find_faces
from airflow_provider_faceswap.sandbox.pictures import Replacement, assign, paste, stamp
from airflow_provider_faceswap.sandbox.swap import CannotSwap
from airflow_provider_faceswap.sandbox.tracking import DETECTION_STEP, between

LARGEST_HEIGHT = 480
LONGEST_SECONDS = 60
FASTEST_RATE = 30.0


def write_clip(pictures: Iterable[Picture], rate: Fraction) -> bytes:
    """Encode H.264 in MP4, with the index ahead of the data so that playing starts at once.

    :param pictures: the frames, all of one even size.
    :param rate: frames a second.
    """
    # Moving the index to the front makes FFmpeg open its own output again: that takes a real file.
    with TemporaryDirectory(prefix="faceswap-sandbox-") as folder:
        target = Path(folder, "clip.mp4")
        _encode(pictures, rate, target)
        return target.read_bytes()


def _encode(pictures: Iterable[Picture], rate: Fraction, target: Path) -> None:
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "24"})
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for index, picture in enumerate(pictures):
            if index == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def swap_clip(clip: bytes, replacements: Sequence[Replacement], *, field: str, watermark: bool) -> bytes:
    """Replace faces in a clip. Sound is dropped.

    :param clip: the clip's file.
    :param replacements: the new faces.
    :param field: the vendor's name for the clip, for messages.
    :param watermark: whether the vendor's mark is drawn too.
    """
    try:
        with av.open(io.BytesIO(clip), "r") as container:
            rate = _rate(container, field)
            frames = _followed(_read(container, field), replacements, field)
            return write_clip(_swapped(frames, replacements, watermark), rate)
    except av.FFmpegError as error:
        raise CannotSwap(f"The file in {field} is not a valid video.") from error


def _rate(container: InputContainer, field: str) -> Fraction:
    if not container.streams.video:
        raise CannotSwap(f"The file in {field} is not a valid video.")
    rate = container.streams.video[0].average_rate
    # PyAV's own kind of fraction differs between its releases.
    return Fraction(min(float(rate), FASTEST_RATE)).limit_denominator(1000) if rate else Fraction(15)


def _read(container: InputContainer, field: str) -> Iterator[Picture]:
    """The frames, at most 480 lines high, with even sides and no faster than 30 a second."""
    stream = container.streams.video[0]
    source_rate = float(stream.average_rate or 15)
    kept = 0
    for index, frame in enumerate(container.decode(stream)):
        if index >= source_rate * LONGEST_SECONDS:
            raise CannotSwap(f"Only videos less than 1 minute are accepted in {field}.")
        if index * min(FASTEST_RATE, source_rate) / source_rate < kept:
            continue
        kept += 1
        scale = min(1.0, LARGEST_HEIGHT / frame.height)
        width, height = (max(2, round(side * scale) // 2 * 2) for side in (frame.width, frame.height))
        yield np.asarray(frame.reformat(width, height, "bgr24").to_ndarray(), np.uint8)


def _followed(
    pictures: Iterator[Picture], replacements: Sequence[Replacement], field: str
) -> Iterator[tuple[Picture, list[list[Box]]]]:
    """Each frame with each replacement's faces in it, searched every few frames and followed in between."""
    known: list[list[Box]] = [[] for _ in replacements]
    waiting: list[Picture] = []
    seen = False
    for index, picture in enumerate(pictures):
        waiting.append(picture)
        if index % DETECTION_STEP:
            continue
        found = assign(picture, find_faces(picture), replacements)
        seen = seen or any(found)
        tracks = [between(waiting, *ends) for ends in zip(known, found, strict=True)]
        for steps in zip(*tracks, strict=True):
            yield steps[0][0], [boxes for _, boxes in steps]
        known, waiting = found, []
    yield from ((picture, known) for picture in waiting)
    if not seen:
        raise CannotSwap(f"No face detected in {field}.")


def _swapped(
    frames: Iterable[tuple[Picture, list[list[Box]]]], replacements: Sequence[Replacement], watermark: bool
) -> Iterator[Picture]:
    for picture, faces in frames:
        for replacement, boxes in zip(replacements, faces, strict=True):
            for box in boxes:
                picture = paste(picture, replacement.face, box)
        yield stamp(picture, watermark=watermark)
