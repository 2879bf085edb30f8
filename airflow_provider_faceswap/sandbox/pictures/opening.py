"""Opening a clip strictly: it is untrusted, and FFmpeg must read nothing but its bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap

MAX_PIXELS = 4096 * 4096
MAX_SECONDS = 60
MAX_RATE = 120.0
CODECS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "prores", "mjpeg")
# FFmpeg's own guess would take playlists, which name other files.
DEMUXERS = {
    "mov": re.compile(rb".{4}ftyp(?!avi[fs]|hei[cx]|mif1|msf1)", re.DOTALL),
    "matroska": re.compile(rb"\x1aE\xdf\xa3"),
}
OPTIONS = {
    "protocol_whitelist": "none",
    "enable_drefs": "0",
    "use_absolute_path": "0",
    "codec_whitelist": ",".join(CODECS),
    "max_pixels": str(MAX_PIXELS),
}
# PyAV 19 has no such argument: there no bytes in a clip's metadata are an error.
METADATA: dict[str, Any] = (
    {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
)


@contextmanager
def open_clip(clip: bytes, field: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """
    Open a clip.

    :param clip: the clip's file.
    :param field: the vendor's name for it, for messages.
    :return: the container and its first stream of moving pictures.
    :raises CannotSwap: if it cannot be opened, or not be decoded later.
    """
    invalid = CannotSwap(f"The file in {field} is not a valid video.")
    demuxer = next((name for name, pattern in DEMUXERS.items() if pattern.match(clip)), None)
    if demuxer is None:
        raise invalid
    try:
        with av.open(io.BytesIO(clip), "r", format=demuxer, options=OPTIONS, **METADATA) as container:
            streams = container.streams.video
            stream = next((s for s in streams if Disposition.attached_pic not in s.disposition), None)
            if stream is None or stream.codec_context is None or stream.codec_context.name not in CODECS:
                raise invalid
            codec = stream.codec_context
            codec.options = {**codec.options, "max_pixels": str(MAX_PIXELS)}
            codec.thread_count = 1
            yield container, stream
    except av.FFmpegError as error:
        raise invalid from error


def decode_frames(container: InputContainer, stream: VideoStream, field: str) -> Iterator[VideoFrame]:
    """
    Decode a clip's frames, at most a minute of them by their number and by their time.

    :param container: the clip.
    :param stream: its pictures.
    :param field: the vendor's name for it, for the message.
    """
    max_frames = min(float(stream.average_rate or 15), MAX_RATE) * MAX_SECONDS
    for index, frame in enumerate(container.decode(stream)):
        start = (container.start_time or 0) / av.time_base
        if index >= max_frames or (frame.time or 0) - start > MAX_SECONDS:
            raise CannotSwap(f"Only videos less than 1 minute are accepted in {field}.")
        yield frame
