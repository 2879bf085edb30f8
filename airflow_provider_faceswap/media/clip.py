"""A clip's length, and its frames."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.exceptions import InputError, ResultError
from airflow_provider_faceswap.media.errors import UnreadableError, explained
from airflow_provider_faceswap.storage.formats import HEAD, recognise

if TYPE_CHECKING:
    from airflow_provider_faceswap.hooks.settings import Settings
    from airflow_provider_faceswap.media.process import Answer, Source

log = logging.getLogger(__name__)

_DEMUXERS = {"mp4": "mov", "mov": "mov", "mkv": "matroska", "webm": "matroska"}
_MAX_AT = 24 * 3600


def measure_duration(source_video: str, settings: Settings) -> float:
    """
    Measure how long a clip is, reading as little of it as possible.

    :param source_video: http(s) URL or path of an mp4, mov, webm or Matroska file, in object storage or below
        a folder of ``[faceswap] local_roots``.
    :param settings: of the connection that the clip is meant for; its rules say which hosts are asked.
    :return: seconds.
    :raises InputError: naming the remedy.
    :raises NotSentError: if the clip's host does not answer now.
    """
    with explained("duration", "give duration= in seconds", spares_pyav=True):
        return _seconds(source_video, settings)


def check_length(name: str, clip: str, settings: Settings, limit: float) -> None:
    """
    Check that a clip is shorter than a vendor's documents allow.

    :param name: of the field, for errors.
    :param clip: its URL or path.
    :param settings: of the connection that the clip is meant for.
    :param limit: seconds.
    :raises InputError: if it is too long, or cannot be measured.
    :raises NotSentError: if it cannot be read now.
    """
    remedy = "give another clip, or set check_inputs=False to leave it to the vendor"
    if find_spec("av") is None:
        missing = "PyAV is missing: pip install 'airflow-provider-faceswap[media]'"
        log.warning("%s: whether it is shorter than %g s is not checked, %s", name, limit, missing)
        return
    with explained(name, remedy):
        seconds = _seconds(clip, settings)
    if seconds >= limit:
        raise InputError(
            name, f"is {seconds:.1f} s long and must be shorter than {limit:g} s; cut it, or {remedy}"
        )


def grab_frame(source_video: str, settings: Settings, at: float = 0.0) -> bytes:
    """
    Take a picture out of a clip.

    :param source_video: http(s) URL or path of an mp4, mov, webm or Matroska file, in object storage or below
        a folder of ``[faceswap] local_roots``.
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


def first_bytes(name: str, media: str, settings: Settings) -> bytes:
    """
    Return the first bytes of a picture or a clip, which say what it is.

    :param name: of the argument that names it, for errors.
    :param media: its URL or path.
    :param settings: of the connection that it is meant for; its rules say which hosts are asked.
    :raises InputError: if it cannot be read.
    :raises NotSentError: if it cannot be read now.
    """
    with (
        explained("kind", "give kind='image' or kind='video'", needs_pyav=False),
        _opened(media, settings) as file,
    ):
        return _head(file)


def _seconds(clip: str, settings: Settings) -> float:
    seconds = _read(clip, settings, "duration").seconds
    if seconds:
        return seconds
    raise UnreadableError("the clip's link gave a video that does not say how long it is")


def _read(clip: str, settings: Settings, job: str, pictures: int = 0, **arguments: Any) -> Answer:
    from airflow_provider_faceswap.media.process import decode

    with _opened(clip, settings) as file:
        return decode(file, job, pictures, demuxer=_demuxer(file), **arguments)


@contextmanager
def _opened(media: str, settings: Settings, name: str = "source_video") -> Iterator[Source]:
    import tempfile
    from pathlib import Path

    from airflow_provider_faceswap.media.remote import RemoteFile
    from airflow_provider_faceswap.media.stored import OpenFile
    from airflow_provider_faceswap.storage.sources import File, source_of

    found = source_of(name, media)
    if isinstance(found, File):
        with found.readable():
            stream = found.open()
        with stream:
            yield OpenFile(found, stream)
        return
    with tempfile.NamedTemporaryFile(prefix="faceswap-") as copy:
        yield RemoteFile(media, Path(copy.name), settings)


def _demuxer(file: Source) -> str:
    """Choose by the first bytes; FFmpeg's own guess would take playlists, too."""
    try:
        found = recognise(_head(file), "video")
    except ResultError as error:
        raise UnreadableError(str(error)) from None
    if found.encoded or found.name not in _DEMUXERS:
        raise UnreadableError("the clip's link gave something else instead of an mp4, mov, webm or mkv video")
    return _DEMUXERS[found.name]


def _head(file: Source) -> bytes:
    head = b""
    while len(head) < HEAD and (part := file.read_at(len(head), HEAD - len(head))):
        head += part
    return head
