"""Decode pictures and clips."""

from __future__ import annotations

import io

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


class MediaError(Exception):
    """The bytes are neither a picture nor a clip."""


def picture_of(content: bytes) -> Picture:
    """Decode a picture, or a whole clip and return its middle frame, in OpenCV's BGR.

    :raises MediaError: if the content does not decode.
    """
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if picture is not None:
        return np.asarray(picture, np.uint8)
    try:
        with av.open(io.BytesIO(content), "r") as clip:
            frames = [frame.to_ndarray(format="bgr24") for frame in clip.decode(video=0)]
    except (av.FFmpegError, IndexError) as error:
        raise MediaError(f"{len(content)} bytes that do not decode: {error}") from error
    if not frames:
        raise MediaError(f"{len(content)} bytes without a frame")
    return np.asarray(frames[len(frames) // 2], np.uint8)
