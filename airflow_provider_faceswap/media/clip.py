"""A clip's length, and its frames."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.exceptions import InputError, ResultError
from airflow_provider_faceswap.media.errors import UnreadableError, explained
from airflow_provider_faceswap.storage.formats import HEAD, recognise

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings
    from airflow_provider_faceswap.media.process import Answer
    from airflow_provider_faceswap.media.remote import RemoteFile

_DEMUXERS = {"mp4": "mov", "mov": "mov", "mkv": "matroska", "webm": "matroska"}
_MAX_AT = 24 * 3600


def measure_duration(source_video: str, settings: Settings) -> float:
    """
    Measure how long a clip is, reading as little of it as possible.

    :param source_video: http(s) URL of an mp4, mov, webm or Matroska file.
    :param settings: of the connection that the clip is meant for; its rules say which hosts are asked.
    :return: seconds.
    :raises InputError: naming the remedy.
    :raises NotSentError: if the clip's host does not answer now.
    """
    with explained("duration", "give duration= in seconds", spares_pyav=True):
        seconds = _read(source_video, settings, "duration").seconds
        if seconds:
            return seconds
        raise UnreadableError("the clip's link gave a video that does not say how long it is")


def grab_frame(source_video: str, settings: Settings, at: float = 0.0) -> bytes:
    """
    Take a picture out of a clip.

    :param source_video: http(s) URL of an mp4, mov, webm or Matroska file.
    :param settings: of the connection that the clip is meant for; its rules say which hosts are asked.
    :param at: seconds after the clip's start.
    :return: the frame that is shown at that time, upright, as JPEG.
    :raises InputError: naming the remedy.
    :raises NotSentError: if the clip's host does not answer now.
    """
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at <= _MAX_AT:
        raise InputError("at", f"must be a number of seconds from 0 to {_MAX_AT}")
    with explained("source_video", "give another clip"):
        return base64.b64decode(_read(source_video, settings, "frame", pictures=1, at=at).pictures[0])


def _read(url: str, settings: Settings, job: str, pictures: int = 0, **arguments: Any) -> Answer:
    import tempfile
    from pathlib import Path

    from airflow_provider_faceswap.media.process import decode
    from airflow_provider_faceswap.media.remote import RemoteFile

    with tempfile.NamedTemporaryFile(prefix="faceswap-") as copy:
        file = RemoteFile(url, Path(copy.name), settings)
        return decode(file, job, pictures, demuxer=_demuxer(file), **arguments)


def _demuxer(file: RemoteFile) -> str:
    """Choose by the first bytes; FFmpeg's own guess would take playlists, too."""
    head = b""
    while len(head) < HEAD and (part := file.read_at(len(head), HEAD - len(head))):
        head += part
    try:
        found = recognise(head, "video")
    except ResultError as error:
        raise UnreadableError(str(error)) from None
    if found.encoded or found.name not in _DEMUXERS:
        raise UnreadableError("the clip's link gave something else instead of an mp4, mov, webm or mkv video")
    return _DEMUXERS[found.name]
