"""Comparing pictures and clips: what a swap has changed."""

from __future__ import annotations

import io

import av
import numpy as np

from airflow_provider_faceswap.sandbox.pictures import images, samples
from airflow_provider_faceswap.sandbox.pictures.faces import Box, Picture, crop

ASTRONAUT_IN_DUO = Box(180, 70, 90, 90)
HOPPER_IN_DUO = Box(660, 105, 225, 225)
ASTRONAUT = Box(180, 70, 90, 90)


def original(name: str) -> Picture:
    return images.decode(samples.sample(name), name)


def face_of(name: str) -> Picture:
    return images.cut_face(original(name), name)


def change(one: Picture, other: Picture, box: Box) -> float:
    return float(np.abs(crop(one, box).astype(int) - crop(other, box).astype(int)).mean())


def frames_of(content: bytes) -> list[Picture]:
    with av.open(io.BytesIO(content)) as container:
        return [np.asarray(f.to_ndarray(format="bgr24"), np.uint8) for f in container.decode(video=0)]
