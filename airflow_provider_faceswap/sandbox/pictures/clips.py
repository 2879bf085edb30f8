"""Swapping a face into a clip, and writing clips that browsers play."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from airflow_provider_faceswap.sandbox.pictures.faces import Box, Picture, find_faces
from airflow_provider_faceswap.sandbox.pictures.images import NewFace, assign, paste, stamp
from airflow_provider_faceswap.sandbox.pictures.opening import decode_frames, open_clip
from airflow_provider_faceswap.sandbox.pictures.tracking import DETECTION_STEP, interpolate
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap

MAX_HEIGHT = 480
MAX_RATE = 30.0


def write_clip(pictures: Iterable[Picture], rate: Fraction) -> bytes:
    """
    Encode H.264 in MP4, with the index ahead of the data so that playing starts at once.

    :param pictures: the frames, all of one even size.
    :param rate: frames per second.
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


def swap_clip(clip: bytes, new_faces: Sequence[NewFace], *, field: str, watermark: bool) -> bytes:
    """
    Replace faces in a clip. Sound is dropped.

    :param clip: the clip's file.
    :param new_faces: the new faces.
    :param field: the vendor's name for the clip, for messages.
    :param watermark: whether the vendor's mark is drawn too.
    """
    with open_clip(clip, field) as (container, stream):
        frames = _track(_read(container, stream, field), new_faces, field)
        return write_clip(_swap(frames, new_faces, watermark), _rate(stream))


def _rate(stream: VideoStream) -> Fraction:
    # PyAV's own kind of fraction differs between its releases.
    return Fraction(min(float(stream.average_rate or 15), MAX_RATE)).limit_denominator(1000)


def _read(container: InputContainer, stream: VideoStream, field: str) -> Iterator[Picture]:
    """Read the frames, at most 480 lines high, with even sides and at most 30 per second."""
    source_rate = float(stream.average_rate or 15)
    kept = 0
    for index, frame in enumerate(decode_frames(container, stream, field)):
        if index * min(MAX_RATE, source_rate) / source_rate < kept:
            continue
        kept += 1
        scale = min(1.0, MAX_HEIGHT / frame.height)
        width, height = (max(2, round(side * scale) // 2 * 2) for side in (frame.width, frame.height))
        yield np.asarray(frame.reformat(width, height, "bgr24").to_ndarray(), np.uint8)


def _track(
    pictures: Iterator[Picture], new_faces: Sequence[NewFace], field: str
) -> Iterator[tuple[Picture, list[list[Box]]]]:
    """Yield each frame with the boxes that each new face replaces; faces are searched every few frames."""
    known: list[list[Box]] = [[] for _ in new_faces]
    waiting: list[Picture] = []
    seen = False
    for index, picture in enumerate(pictures):
        waiting.append(picture)
        if index % DETECTION_STEP:
            continue
        found = assign(picture, find_faces(picture), new_faces)
        seen = seen or any(found)
        tracks = [interpolate(waiting, *ends) for ends in zip(known, found, strict=True)]
        for steps in zip(*tracks, strict=True):
            yield steps[0][0], [boxes for _, boxes in steps]
        known, waiting = found, []
    yield from ((picture, known) for picture in waiting)
    if not seen:
        raise CannotSwap(f"No face detected in {field}.")


def _swap(
    frames: Iterable[tuple[Picture, list[list[Box]]]], new_faces: Sequence[NewFace], watermark: bool
) -> Iterator[Picture]:
    for picture, faces in frames:
        for new_face, boxes in zip(new_faces, faces, strict=True):
            for box in boxes:
                picture = paste(picture, new_face.face, box)
        yield stamp(picture, watermark=watermark)
