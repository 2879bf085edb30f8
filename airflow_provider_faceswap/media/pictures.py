"""Single pictures: decoded, turned, cut and encoded by PyAV alone."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.opening import MAX_PIXELS
from airflow_provider_faceswap.storage.formats import HEAD, recognise

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_DECODERS: dict[str, Literal["mjpeg", "png", "webp"]] = {"jpg": "mjpeg", "png": "png", "webp": "webp"}
_ANY_TIME = Fraction(1, 25)
_QUALITY = "2"
# What is left to do, by the degrees counterclockwise that the clip asks for.
_TURNS = {
    90: (("transpose", "cclock"),),
    -90: (("transpose", "clock"),),
    180: (("hflip", ""), ("vflip", "")),
    -180: (("hflip", ""), ("vflip", "")),
}


def from_bytes(content: bytes) -> VideoFrame:
    """
    Decode a JPEG, PNG or WebP picture.

    :raises UnreadableError: if it is none.
    """
    import av
    from av.video.codeccontext import VideoCodecContext

    try:
        name = recognise(content[:HEAD], "image").name
    except ResultError:
        name = ""
    if name not in _DECODERS:
        raise UnreadableError("it is no JPEG, PNG or WebP picture")
    decoder: Any = VideoCodecContext.create(_DECODERS[name], "r")
    decoder.options = {"max_pixels": str(MAX_PIXELS)}
    problem = ""
    try:
        frames: list[VideoFrame] = [*decoder.decode(av.Packet(content)), *decoder.decode(None)]
    except av.FFmpegError as error:
        problem = f" ({error.strerror})"
    else:
        if frames:
            return frames[0]
    raise UnreadableError(f"the picture is damaged{problem}")


def to_jpeg(frame: VideoFrame) -> bytes:
    """Encode a picture."""
    from av.video.codeccontext import VideoCodecContext

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


def cut(frame: VideoFrame, left: int, top: int, right: int, bottom: int) -> VideoFrame:
    """Return a part of a picture."""
    place = f"w={right - left}:h={bottom - top}:x={left}:y={top}:exact=1"
    # Without subsampled colours any pixel may be the first.
    return _through(frame, ("format", "pix_fmts=rgb24"), ("crop", place))


def _through(frame: VideoFrame, *steps: tuple[str, str]) -> VideoFrame:
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=_ANY_TIME
    )
    filters = [graph.add(name, arguments) for name, arguments in steps]
    graph.link_nodes(source, *filters, graph.add("buffersink")).configure()
    frame.pts, frame.time_base = 0, _ANY_TIME
    graph.vpush(frame)
    return graph.vpull()
