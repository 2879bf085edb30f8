"""Tracking faces between the frames in which they were searched."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_provider_faceswap.sandbox.pictures.faces import Box, Picture

DETECTION_STEP = 5


def interpolate(
    pictures: list[Picture], known: list[Box], found: list[Box]
) -> Iterator[tuple[Picture, list[Box]]]:
    """
    Yield each frame with its faces, which move evenly from where they were to where they are.

    :param pictures: the frames since the last search; the last of them was searched now.
    :param known: the faces of the search before.
    :param found: the faces in the last frame.
    """
    pairs = [(nearest(box, known), box) for box in found]
    lost = [box for box in known if box not in {start for start, _ in pairs}]
    for number, picture in enumerate(pictures, start=1):
        share = number / len(pictures)
        moving = [_between(start, end, share) for start, end in pairs if start or share > 0.5]
        yield picture, moving + (lost if share < 1 else [])


def nearest(box: Box, others: list[Box]) -> Box | None:
    """Return the nearest other box, if any is near."""
    near = [other for other in others if _distance(box, other) < max(box.width, other.width) * 0.75]
    return min(near, key=lambda other: _distance(box, other), default=None)


def _distance(one: Box, other: Box) -> float:
    (x1, y1), (x2, y2) = one.centre, other.centre
    return float(((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5)


def _between(start: Box | None, end: Box, share: float) -> Box:
    if start is None:
        return end
    return Box(*(round(a + (b - a) * share) for a, b in zip(start, end, strict=True)))
