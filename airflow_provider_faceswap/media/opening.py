"""A clip opened by PyAV, which gets nothing but a file of ours to read from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_faceswap.exceptions import ResultError
from airflow_provider_faceswap.media.errors import UnreadableError
from airflow_provider_faceswap.storage.formats import HEAD, recognise

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from airflow_provider_faceswap.hooks.settings import Settings
    from airflow_provider_faceswap.media.remote import RemoteFile

MAX_PIXELS = 8192 * 8192
"""Of a picture that is decoded."""
CODECS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "prores", "mjpeg")
"""Names of the decoders that are let at a clip."""

_DEMUXERS = {"mp4": "mov", "mov": "mov", "mkv": "matroska", "webm": "matroska"}
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


@contextmanager
def opened(url: str, settings: Settings) -> Iterator[tuple[RemoteFile, InputContainer, VideoStream]]:
    """
    Open a clip.

    :param url: of the clip.
    :param settings: of the connection that the clip is meant for.
    :return: the file that it is read from, the container, and its first stream of moving pictures.
    :raises UnreadableError: if it cannot be read, also while it is read.
    """
    import av

    from airflow_provider_faceswap.media.remote import RemoteFile

    with tempfile.NamedTemporaryFile(prefix="faceswap-") as copy:
        file = RemoteFile(url, Path(copy.name), settings)
        problem = None
        try:
            demuxer = _demuxer(file)
            with av.open(file, "r", format=demuxer, options=_OPTIONS, metadata_errors="replace") as container:
                yield file, container, _moving(container)
        except av.FFmpegError as error:
            problem = UnreadableError(
                f"the clip's link gave a video that is damaged or breaks off ({error.strerror})"
            )
        except UnreadableError as error:
            problem = error
        file.check()  # what went wrong first explains the rest
        if problem:
            raise problem


def _demuxer(file: RemoteFile) -> str:
    """Choose by the first bytes; FFmpeg's own guess would take playlists, too."""
    head = b""
    while len(head) < HEAD and (part := file.read(HEAD - len(head))):
        head += part
    file.check()
    file.seek(0)
    try:
        found = recognise(head, "video")
    except ResultError as error:
        raise UnreadableError(str(error)) from None
    if found.encoded or found.name not in _DEMUXERS:
        raise UnreadableError(
            "the clip's link gave something else in place of an mp4, mov, webm or mkv video"
        )
    return _DEMUXERS[found.name]


def _moving(container: InputContainer) -> VideoStream:
    from av.stream import Disposition

    for stream in container.streams.video:
        if Disposition.attached_pic not in stream.disposition:
            return stream
    raise UnreadableError("the clip's link gave a file that holds no moving pictures")
