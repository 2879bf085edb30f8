"""Swapping a face into a still picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from airflow_provider_faceswap.sandbox.pictures.faces import (
    Box,
    Picture,
    best_matches,
    clip,
    crop,
    find_in_crop,
)
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap

MAX_SIDE = 1920


@dataclass(frozen=True)
class NewFace:
    """
    A new face, cut out, and which of the scene's faces it replaces: one, or all.

    :param face: the crop of the new face.
    :param reference: the crop of the one face to replace.
    :param target_number: the number of the one face to replace.
    """

    face: Picture
    reference: Picture | None = None
    target_number: int | None = None


def decode(content: bytes, field: str, max_side: int = MAX_SIDE) -> Picture:
    """
    Decode a picture.

    :param content: the file.
    :param field: the vendor's name for it, for the message.
    :param max_side: a larger picture is scaled down.
    """
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None or min(picture.shape[:2]) < 16:
        raise CannotSwap(f"The file in {field} is not a valid image.")
    scale = max_side / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)


def encode(picture: Picture) -> bytes:
    """Encode a picture as JPEG."""
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def encode_png(picture: Picture) -> bytes:
    """Encode a picture as PNG."""
    return bytes(cv2.imencode(".png", picture)[1])


def cut_face(picture: Picture, field: str, number: int = 0) -> Picture:
    """Return the crop of one of the picture's faces, by default the largest."""
    box = find_in_crop(picture, number)
    if box is None:
        which = f"Face {number} was not found" if number else "No face detected"
        raise CannotSwap(f"{which} in {field}.")
    return crop(picture, box)


def paste(scene: Picture, face: Picture, box: Box) -> Picture:
    """Blend a face into a box of the scene: oval mask, the scene's colours, seamless edge."""
    box = clip(box, scene)
    if min(box.width, box.height) < 12:
        return scene
    fitted = cv2.resize(face, (box.width, box.height), interpolation=cv2.INTER_AREA)
    here, there = (cv2.cvtColor(p, cv2.COLOR_BGR2LAB).astype(np.float32) for p in (fitted, crop(scene, box)))
    here += there.mean((0, 1)) - here.mean((0, 1))
    coloured = cv2.cvtColor(np.clip(here, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)
    mask = np.zeros((box.height, box.width), np.uint8)
    axes = (round(box.width * 0.42), round(box.height * 0.48))
    cv2.ellipse(mask, (box.width // 2, box.height // 2), axes, 0, 0, 360, 255, -1)
    # The clone reads one pixel around the mask: only a margin of the scene is handed over, for speed.
    margin = max(4, box.width // 8)
    around = clip(Box(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin), scene)
    patch = np.ascontiguousarray(crop(scene, around))
    middle = (box.x - around.x + box.width // 2, box.y - around.y + box.height // 2)
    try:
        blended = cv2.seamlessClone(coloured, patch, mask, middle, cv2.NORMAL_CLONE)
    except cv2.error:  # the oval touches the picture's edge
        return scene
    result: Picture = scene.copy()
    result[around.y : around.y + around.height, around.x : around.x + around.width] = blended
    return result


def stamp(picture: Picture, *, watermark: bool) -> Picture:
    """Mark a result as the sandbox's, and with the vendor's mark where it is wanted."""
    result: Picture = picture.copy()
    height, width = result.shape[:2]
    size = max(0.4, width / 700)
    bold = max(1, round(size * 2))
    (text_width, text_height), _ = cv2.getTextSize("SANDBOX", cv2.FONT_HERSHEY_SIMPLEX, size, bold)
    cv2.rectangle(result, (0, 0), (text_width + 16, text_height + 16), (20, 20, 20), -1)
    cv2.putText(
        result,
        "SANDBOX",
        (8, text_height + 8),
        cv2.FONT_HERSHEY_SIMPLEX,
        size,
        (255, 255, 255),
        bold,
        cv2.LINE_AA,
    )
    if watermark:
        (text_width, _), _ = cv2.getTextSize("WATERMARK", cv2.FONT_HERSHEY_DUPLEX, size, bold)
        corner = (max(0, width - text_width - 10), height - 12)
        cv2.putText(
            result, "WATERMARK", corner, cv2.FONT_HERSHEY_DUPLEX, size, (240, 240, 240), bold, cv2.LINE_AA
        )
    return result


def assign(scene: Picture, boxes: list[Box], new_faces: Sequence[NewFace]) -> list[list[Box]]:
    """
    Return the faces that each new face replaces: the one like its reference, the one of its number, or all.

    :param scene: the picture.
    :param boxes: its faces, in the order in which they are numbered.
    :param new_faces: the new faces.
    """
    wanted = {i: r.reference for i, r in enumerate(new_faces) if r.reference is not None}
    matches = best_matches(scene, boxes, wanted)
    faces = []
    for index, new_face in enumerate(new_faces):
        if new_face.reference is not None:
            faces.append([matches[index]] if index in matches else [])
        elif new_face.target_number is not None:
            faces.append(boxes[new_face.target_number : new_face.target_number + 1])
        else:
            faces.append(boxes)
    return faces


def left_to_right(boxes: list[Box]) -> list[Box]:
    """Sort faces from left to right."""
    return sorted(boxes, key=lambda box: box.x)


def swap_picture(
    scene: Picture, boxes: list[Box], new_faces: Sequence[NewFace], *, field: str, watermark: bool
) -> Picture:
    """
    Replace faces in a picture.

    :param scene: the picture that is edited.
    :param boxes: its faces, in the order in which they are numbered.
    :param new_faces: the new faces.
    :param field: the vendor's name for the scene, for the message.
    :param watermark: whether the vendor's mark is drawn too.
    """
    if not boxes:
        raise CannotSwap(f"No face detected in {field}.")
    result = scene
    for new_face, faces in zip(new_faces, assign(scene, boxes, new_faces), strict=True):
        if not faces:
            raise CannotSwap(f"Face {new_face.target_number} was not found in {field}.")
        for box in faces:
            result = paste(result, new_face.face, box)
    return stamp(result, watermark=watermark)
