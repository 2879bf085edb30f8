"""A clip opened by PyAV, which gets nothing but a file of ours to read from."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import av
from av.stream import Disposition

from airflow_provider_faceswap.media.child.pictures import to_jpeg, upright
from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.media.limits import MAX_PIXELS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from airflow_provider_faceswap.media.child.main import LentFile

CODECS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "prores", "mjpeg")
"""Names of the decoders that a clip may use."""

_OPTIONS = {
    # Nothing else is opened, whatever the clip refers to.
    "protocol_whitelist": "none",
    "enable_drefs": "0",
    "use_absolute_path": "0",
    "codec_whitelist": ",".join(CODECS),
    "max_pixels": str(MAX_PIXELS),
    # Frames are not read to guess at their rate.
    "fpsprobesize": "0",
}
# PyAV 19 has no such argument: there no bytes in a clip's metadata are an error.
_METADATA: dict[str, Any] = (
    {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
)
_MICRO = 1_000_000
_TICK = 1e-6


def duration(file: LentFile, demuxer: str) -> dict[str, Any]:
    """
    Measure a clip.

    :param file: to read from.
    :param demuxer: FFmpeg's name for the clip's format.
    :return: its seconds, 0 if it does not say.
    :raises UnreadableError: if it cannot be read.
    """
    with _opened(file, demuxer) as (container, stream):
        seconds = (container.duration or 0) / _MICRO
        if seconds <= 0:
            seconds = float((stream.duration or 0) * (stream.time_base or 0))
        if seconds <= 0:
            seconds = _to_last_packet(container)
        return {"seconds": max(0.0, seconds)}


def _to_last_packet(container: InputContainer) -> float:
    """Read to the end: a browser's recording says its length nowhere else."""
    first, last = None, 0.0
    for packet in container.demux():
        if packet.pts is None or packet.time_base is None:
            continue
        start = float(packet.pts * packet.time_base)
        first = start if first is None else min(first, start)
        last = max(last, start + float((packet.duration or 0) * packet.time_base))
    return last - (first or 0.0)


def frame(file: LentFile, demuxer: str, at: float) -> dict[str, Any]:
    """
    Take a picture out of a clip.

    :param file: to read from.
    :param demuxer: FFmpeg's name for the clip's format.
    :param at: seconds after the clip's start.
    :return: the frame that is shown at that time, upright.
    :raises UnreadableError: if it cannot be read.
    """
    with _opened(file, demuxer) as (container, stream):
        if container.duration and at * _MICRO > container.duration:
            raise UnreadableError(
                f"lies behind the clip's end at {container.duration / _MICRO:g} s", field="at"
            )
        picture = to_jpeg(upright(_shown_at(at, container, stream)))
        return {"pictures": [base64.b64encode(picture).decode()]}


def _shown_at(at: float, container: InputContainer, stream: VideoStream) -> VideoFrame:
    """Decode from the key frame before that time to the last frame that is no later."""
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        raise UnreadableError(f"the clip's codec is not one of those that are decoded ({', '.join(CODECS)})")
    codec.options = {**codec.options, "max_pixels": str(MAX_PIXELS)}
    codec.thread_count = 1
    wanted = at + (container.start_time or 0) / _MICRO
    if at:
        container.seek(int(wanted * _MICRO))
    shown = None
    for decoded in container.decode(stream):
        if shown is not None and (decoded.time or 0) > wanted + _TICK:
            break
        shown = decoded
    if shown is None:
        raise UnreadableError("the clip holds no frame at that time")
    return shown


@contextmanager
def _opened(file: LentFile, demuxer: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    try:
        with av.open(file, "r", format=demuxer, options=_OPTIONS, **_METADATA) as container:
            yield container, _moving(container)
    except MemoryError:  # one of PyAV's, too
        raise
    except av.FFmpegError as error:
        raise UnreadableError(
            f"the clip's link gave a video that is damaged or breaks off ({error.strerror})"
        ) from None


def _moving(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if Disposition.attached_pic not in stream.disposition:
            return stream
    raise UnreadableError("the clip's link gave a file that holds no moving pictures")
