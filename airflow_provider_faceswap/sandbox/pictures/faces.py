"""Finding faces with the Haar cascades that OpenCV carries."""

from __future__ import annotations

import threading
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from cv2.data import haarcascades

Picture = npt.NDArray[np.uint8]

DETECTION_HEIGHT = 360
# The other processor is for answering requests while a swap is computed.
cv2.setNumThreads(1)
_per_thread = threading.local()


class Box(NamedTuple):
    """A face in a picture, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        return self.x + self.width / 2, self.y + self.height / 2


def _cascade() -> cv2.CascadeClassifier:
    # A classifier keeps scratch memory of its own, so threads must not share one.
    if not hasattr(_per_thread, "cascade"):
        _per_thread.cascade = cv2.CascadeClassifier(haarcascades + "haarcascade_frontalface_alt2.xml")
    cascade: cv2.CascadeClassifier = _per_thread.cascade
    return cascade


def find_faces(picture: Picture) -> list[Box]:
    """Return the faces of a picture, the largest first."""
    scale = min(1.0, DETECTION_HEIGHT / min(picture.shape[:2]))
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    grey = cv2.equalizeHist(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    smallest = max(20, min(grey.shape) // 12)
    found = _cascade().detectMultiScale(grey, 1.15, 4, minSize=(smallest, smallest))
    boxes = [Box(*(round(float(v) / scale) for v in rectangle)) for rectangle in found]
    return sorted(boxes, key=lambda box: -box.width)


def find_in_crop(picture: Picture, number: int = 0) -> Box | None:
    """Return one face, by default the largest, maybe of a close crop: cascades need some margin."""
    for share in (0.0, 0.4):
        margin = round(min(picture.shape[:2]) * share)
        padded = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
        boxes = find_faces(np.asarray(padded, np.uint8))
        if len(boxes) > number:
            box = boxes[number]
            return clip(Box(box.x - margin, box.y - margin, box.width, box.height), picture)
    return None


def clip(box: Box, picture: Picture) -> Box:
    """Return the part of a box that lies inside the picture."""
    height, width = picture.shape[:2]
    left, top = max(0, box.x), max(0, box.y)
    right, bottom = min(width, box.x + box.width), min(height, box.y + box.height)
    return Box(left, top, max(1, right - left), max(1, bottom - top))


def crop(picture: Picture, box: Box) -> Picture:
    """Return the pixels of a box."""
    return picture[box.y : box.y + box.height, box.x : box.x + box.width]


def similarity(one: Picture, other: Picture) -> float:
    """Return how similar two crops of faces are, from -1 to 1."""
    vectors = []
    for face in (one, other):
        small = cv2.resize(face, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float64)
        vectors.append((small - small.mean()).ravel())
    norm = float(np.linalg.norm(vectors[0]) * np.linalg.norm(vectors[1]))
    return float(vectors[0] @ vectors[1]) / norm if norm else 0.0


def best_matches(picture: Picture, boxes: list[Box], references: dict[int, Picture]) -> dict[int, Box]:
    """
    Match each reference with a face of its own, the most similar pair first; some may get none.

    :param picture: the picture.
    :param boxes: its faces.
    :param references: crops of the wanted faces.
    """
    pairs = [
        (similarity(crop(picture, clip(box, picture)), reference), key, box)
        for key, reference in references.items()
        for box in boxes
    ]
    found: dict[int, Box] = {}
    for _, key, box in sorted(pairs, reverse=True):
        if key not in found and box not in found.values():
            found[key] = box
    return found
