"""Single pictures: decoded, turned, cut and encoded by PyAV alone."""

from __future__ import annotations

import base64
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import av
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext

from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.limits import MAX_PIXELS
from airflow_provider_faceswap.media.protocol import MAX_READ

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from airflow_provider_faceswap.media.child.main import LentFile

_ANY_TIME = Fraction(1, 25)
_QUALITY = "2"
# What is left to do, by the degrees counterclockwise that the clip asks for.
_TURNS = {
    90: (("transpose", "cclock"),),
    -90: (("transpose", "clock"),),
    180: (("hflip", ""), ("vflip", "")),
    -180: (("hflip", ""), ("vflip", "")),
}


def faces(
    file: LentFile, decoder: Literal["mjpeg", "png", "webp"], boxes: list[list[float]], margin: float
) -> dict[str, Any]:
    """
    Cut faces out of a picture.

    :param file: the picture.
    :param decoder: FFmpeg's name for its format.
    :param boxes: of the faces, each ``[x1, y1, x2, y2]``.
    :param margin: what is kept around a face, as a part of its width and height.
    :return: a picture for each box.
    :raises UnreadableError: if the picture cannot be decoded, or a box lies outside it.
    """
    picture = _decoded(b"".join(iter(lambda: file.read(MAX_READ), b"")), decoder)
    places = [_place(number, box, margin, picture) for number, box in enumerate(boxes, start=1)]
    cuts = (to_jpeg(_cut(picture, *place)) for place in places)
    return {"pictures": [base64.b64encode(cut).decode() for cut in cuts]}


def _decoded(content: bytes, decoder: Literal["mjpeg", "png", "webp"]) -> VideoFrame:
    context: Any = VideoCodecContext.create(decoder, "r")  # its type differs between versions of PyAV
    context.options = {"max_pixels": str(MAX_PIXELS)}
    problem = ""
    try:
        frames: list[VideoFrame] = [*context.decode(av.Packet(content)), *context.decode(None)]
    except MemoryError:  # one of PyAV's, too
        raise
    except av.FFmpegError as error:
        problem = f" ({error.strerror})"
    else:
        if frames:
            return frames[0]
    raise UnreadableError(f"the picture is damaged{problem}")


def _place(number: int, box: list[float], margin: float, picture: VideoFrame) -> tuple[int, int, int, int]:
    """Return a box with its margin, in whole pixels of the picture."""
    x1, y1, x2, y2 = box
    width, height = picture.width, picture.height
    if x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0:
        raise UnreadableError(
            f"number {number} lies outside the picture of {width} x {height}", field="boxes"
        )
    across, down = margin * (x2 - x1), margin * (y2 - y1)
    return (
        max(0, math.floor(x1 - across)),
        max(0, math.floor(y1 - down)),
        min(width, math.ceil(x2 + across)),
        min(height, math.ceil(y2 + down)),
    )


def to_jpeg(frame: VideoFrame) -> bytes:
    """Encode a picture."""
    full = frame.reformat(format="yuvj420p")
    encoder: Any = VideoCodecContext.create("mjpeg", "w")  # its type differs between versions of PyAV
    encoder.width, encoder.height, encoder.pix_fmt = full.width, full.height, "yuvj420p"
    encoder.time_base = full.time_base = _ANY_TIME
    encoder.options = {"qmin": _QUALITY, "qmax": _QUALITY}
    full.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(full), *encoder.encode(None)])


def upright(frame: VideoFrame) -> VideoFrame:
    """Turn a picture as its clip asks for: telephones write theirs lying."""
    steps = _TURNS.get(frame.rotation)
    return _through(frame, *steps) if steps else frame


def _cut(frame: VideoFrame, left: int, top: int, right: int, bottom: int) -> VideoFrame:
    place = f"w={right - left}:h={bottom - top}:x={left}:y={top}:exact=1"
    # Without subsampled colours any pixel may be the first.
    return _through(frame, ("format", "pix_fmts=rgb24"), ("crop", place))


def _through(frame: VideoFrame, *steps: tuple[str, str]) -> VideoFrame:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=_ANY_TIME
    )
    filters = [graph.add(name, arguments) for name, arguments in steps]
    graph.link_nodes(source, *filters, graph.add("buffersink")).configure()
    frame.pts, frame.time_base = 0, _ANY_TIME
    graph.vpush(frame)
    return graph.vpull()
