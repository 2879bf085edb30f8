"""
The sandbox's own pictures and clips, made from photographs in the public domain.

The photographs are read out of the installed scikit-image and matplotlib wheels, without importing either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from airflow_provider_faceswap.sandbox.pictures.clips import write_clip
from airflow_provider_faceswap.sandbox.pictures.faces import Box, Picture, crop
from airflow_provider_faceswap.sandbox.pictures.images import encode

RATE = Fraction(12)
SECONDS = 3
# The second face of the double portrait, with the margin that a person would leave.
SECOND_FACE = Box(604, 52, 300, 300)


def _photograph(package: str, path: str) -> Picture:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(package)
    content = np.frombuffer(Path(spec.origin).parent.joinpath(path).read_bytes(), np.uint8)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


@cache
def _astronaut() -> Picture:
    return _photograph("skimage", "data/astronaut.png")


@cache
def _hopper() -> Picture:
    return _photograph("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")


@cache
def _duo() -> Picture:
    second = cv2.resize(_hopper()[:512], (512, 512), interpolation=cv2.INTER_AREA)
    return np.asarray(np.hstack([_astronaut(), second]), np.uint8)


def _landscape() -> Picture:
    rows = np.linspace(0, 1, 400)[:, None, None]
    sky = np.array([230, 190, 120]) * (1 - rows) + np.array([190, 215, 235]) * rows
    picture = np.ascontiguousarray(np.broadcast_to(sky, (400, 640, 3)).astype(np.uint8))
    columns = np.arange(640)
    for base, height, colour in (
        (230, 50, (120, 130, 110)),
        (290, 35, (80, 120, 70)),
        (350, 20, (50, 90, 60)),
    ):
        ridge = base + height * np.sin(columns / (height * 1.7)) * np.cos(columns / 97)
        outline = np.column_stack([columns, ridge]).astype(np.int32)
        cv2.fillPoly(picture, [np.vstack([outline, [[639, 399], [0, 399]]]).astype(np.int32)], colour)
    return picture


def _moving(still: Picture, start: Box, end: Box, size: tuple[int, int]) -> bytes:
    """Make a clip that pans and zooms over a still; its sides have the proportion of the boxes."""

    def pictures() -> Iterator[Picture]:
        count = int(RATE * SECONDS)
        for number in range(count):
            share = number / (count - 1)
            window = Box(*(round(a + (b - a) * share) for a, b in zip(start, end, strict=True)))
            yield np.asarray(cv2.resize(crop(still, window), size, interpolation=cv2.INTER_AREA), np.uint8)

    return write_clip(pictures(), RATE)


MAKERS: dict[str, Callable[[], bytes]] = {
    "astronaut.jpg": lambda: encode(_astronaut()),
    "hopper.jpg": lambda: encode(_hopper()),
    "duo.jpg": lambda: encode(_duo()),
    "duo-face.jpg": lambda: encode(crop(_duo(), SECOND_FACE)),
    "landscape.jpg": lambda: encode(_landscape()),
    "clip.mp4": lambda: _moving(_astronaut(), Box(0, 0, 512, 384), Box(80, 10, 320, 240), (480, 360)),
    "duo.mp4": lambda: _moving(_duo(), Box(0, 0, 1000, 500), Box(90, 20, 840, 420), (640, 320)),
}


@cache
def sample(name: str) -> bytes:
    """
    Return one of the samples, made at its first use.

    :param name: a key of :data:`MAKERS`.
    """
    return MAKERS[name]()
