"""A clip's length, and its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import InputError
from airflow_provider_faceswap.media.errors import UnreadableError, explained
from airflow_provider_faceswap.media.opening import CODECS, MAX_PIXELS, opened

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from airflow_provider_faceswap.hooks.settings import Settings
    from airflow_provider_faceswap.media.remote import RemoteFile

_MICRO = 1_000_000
_MAX_AT = 24 * 3600
_TICK = 1e-6


def measure_duration(source_video: str, settings: Settings) -> float:
    """
    Tell how long a clip is, having read as little of it as possible.

    :param source_video: http(s) URL of an mp4, mov, webm or Matroska file.
    :param settings: of the connection that the clip is meant for; its rules say which hosts are asked.
    :return: seconds.
    :raises InputError: naming the remedy.
    :raises NotSentError: if the clip's host does not answer now.
    """
    with (
        explained("duration", "give duration= in seconds", spares_pyav=True),
        opened(source_video, settings) as (file, container, stream),
    ):
        seconds = (container.duration or 0) / _MICRO
        if seconds <= 0:
            seconds = float((stream.duration or 0) * (stream.time_base or 0))
        if seconds <= 0:
            seconds = _to_last_packet(file, container)
        if seconds <= 0:
            raise UnreadableError("the clip's link gave a video that does not tell how long it is")
        return seconds


def _to_last_packet(file: RemoteFile, container: InputContainer) -> float:
    """Read to the end: what a browser recorded tells its length nowhere else."""
    first, last = None, 0.0
    for packet in container.demux():
        file.check()
        if packet.pts is None or packet.time_base is None:
            continue
        begin = float(packet.pts * packet.time_base)
        first = begin if first is None else min(first, begin)
        last = max(last, begin + float((packet.duration or 0) * packet.time_base))
    return last - (first or 0.0)


def grab_frame(source_video: str, settings: Settings, at: float = 0.0) -> bytes:
    """
    Take a picture out of a clip.

    :param source_video: http(s) URL of an mp4, mov, webm or Matroska file.
    :param settings: of the connection that the clip is meant for; its rules say which hosts are asked.
    :param at: seconds after the clip's begin.
    :return: the frame that is shown at that time, upright, as JPEG.
    :raises InputError: naming the remedy.
    :raises NotSentError: if the clip's host does not answer now.
    """
    from airflow_provider_faceswap.media.pictures import to_jpeg, upright

    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at <= _MAX_AT:
        raise InputError("at", f"must be a number of seconds from 0 to {_MAX_AT}")
    with (
        explained("source_video", "give another clip"),
        opened(source_video, settings) as (file, container, stream),
    ):
        if container.duration and at * _MICRO > container.duration:
            raise InputError("at", f"lies behind the clip's end at {container.duration / _MICRO:g} s")
        return to_jpeg(upright(_shown_at(at, file, container, stream)))


def _shown_at(at: float, file: RemoteFile, container: InputContainer, stream: VideoStream) -> VideoFrame:
    """Decode from the key frame before that time to the last frame that is no later."""
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        raise UnreadableError(f"the clip is none of the kinds that are decoded ({', '.join(CODECS)})")
    codec.options = {**codec.options, "max_pixels": str(MAX_PIXELS)}
    codec.thread_count = 1
    wanted = at + (container.start_time or 0) / _MICRO
    if at:
        container.seek(int(wanted * _MICRO))
    shown = None
    for frame in container.decode(stream):
        file.check()
        if shown is not None and (frame.time or 0) > wanted + _TICK:
            break
        shown = frame
    if shown is None:
        raise UnreadableError("the clip holds no frame at that time")
    return shown
