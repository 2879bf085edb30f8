"""Computing swaps in a small pool of threads, each distinct one once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.pictures.inputs import cannot_download, download, sample_name
from airflow_provider_faceswap.sandbox.pictures.work import CannotSwap, FaceSearch, Source, Swap, Work
from airflow_provider_faceswap.sandbox.settings import Settings

if TYPE_CHECKING:
    from airflow_provider_faceswap.sandbox.pictures.images import NewFace

THREADS = 2
logger = logging.getLogger(__name__)


class Renderer:
    """
    Gets inputs and swaps faces, away from the event loop.

    :param settings: the bounds for inputs.
    :param counts: where renderings are counted.
    """

    def __init__(self, settings: Settings, counts: Counts) -> None:
        self._settings = settings
        self._counts = counts
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox")
        self._rendered: dict[str, asyncio.Future[bytes]] = {}
        self._samples: dict[str, bytes] = {}

    def close(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def sample(self, name: str) -> bytes | None:
        """Return one of the sandbox's own samples, ``None`` for an unknown name."""
        if name not in self._samples:
            content = await asyncio.get_running_loop().run_in_executor(self._pool, _sample, name)
            if content is None:
                return None
            self._samples[name] = content
        return self._samples[name]

    async def render(self, work: Work, port: int | None) -> bytes:
        """
        Return the result of a piece of work; the same contents are computed once.

        :param work: what to compute.
        :param port: the port on which this sandbox was reached.
        """
        contents = await asyncio.gather(*(self._content(source, port) for source in work.sources))
        digests = [hashlib.sha256(content).hexdigest() for content in contents]
        key = f"{digests} {work.recipe}"
        if key not in self._rendered:
            self._counts.renderings += 1
            loop = asyncio.get_running_loop()
            self._rendered[key] = loop.run_in_executor(self._pool, _compute, work, contents)
        return await asyncio.shield(self._rendered[key])

    async def png(self, content: bytes) -> bytes:
        """Convert a picture to PNG."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _png, content)

    async def _content(self, source: Source, port: int | None) -> bytes:
        if source.content is not None:
            return source.content
        name = sample_name(source.url, port)
        if name is None:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, download, source, self._settings)
        content = await self.sample(name)
        if content is None:
            raise cannot_download(source)
        return content


def _sample(name: str) -> bytes | None:
    # Imported at first use: OpenCV and PyAV would double the time until the sandbox listens.
    from airflow_provider_faceswap.sandbox.pictures.samples import MAKERS, sample

    return sample(name) if name in MAKERS else None


def _compute(work: Work, contents: list[bytes]) -> bytes:
    try:
        return _search(work, contents[0]) if isinstance(work, FaceSearch) else _swap(work, contents)
    except CannotSwap:
        raise
    except Exception as error:
        logger.exception("a swap failed unexpectedly")
        raise CannotSwap("Something went wrong while processing your request.") from error


def _search(search: FaceSearch, content: bytes) -> bytes:
    from airflow_provider_faceswap.sandbox.pictures import faces, images

    # Boxes are in the pixels of the picture as it was sent.
    picture = images.decode(content, search.picture.field, max_side=sys.maxsize)
    boxes = [faces.clip(box, picture) for box in images.left_to_right(faces.find_faces(picture))]
    return json.dumps([[box.x, box.y, box.x + box.width, box.y + box.height] for box in boxes]).encode()


def _swap(swap: Swap, contents: list[bytes]) -> bytes:
    from airflow_provider_faceswap.sandbox.pictures import images
    from airflow_provider_faceswap.sandbox.pictures.clips import swap_clip
    from airflow_provider_faceswap.sandbox.pictures.faces import find_faces

    new_faces = _new_faces(swap, contents[1:])
    field = swap.scene.field
    if swap.is_video:
        return swap_clip(contents[0], new_faces, field=field, watermark=swap.watermark)
    scene = images.decode(contents[0], field)
    boxes = find_faces(scene)
    if swap.order == "left":
        boxes = images.left_to_right(boxes)
    return images.encode(images.swap_picture(scene, boxes, new_faces, field=field, watermark=swap.watermark))


def _new_faces(swap: Swap, contents: list[bytes]) -> list[NewFace]:
    from airflow_provider_faceswap.sandbox.pictures.images import NewFace, cut_face, decode

    left = iter(contents)
    new_faces = []
    for replacement in swap.replacements:
        field = replacement.face.field
        face = cut_face(decode(next(left), field), field, replacement.face_number)
        reference = None
        if replacement.reference is not None:
            field = replacement.reference.field
            reference = cut_face(decode(next(left), field), field)
        new_faces.append(NewFace(face, reference, replacement.target_number))
    return new_faces


def _png(content: bytes) -> bytes:
    from airflow_provider_faceswap.sandbox.pictures.images import decode, encode_png

    return encode_png(decode(content, "output"))
