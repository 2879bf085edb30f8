"""Computing swaps in a small pool of threads, each distinct one once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor

from airflow_provider_faceswap.sandbox.counts import Counts
from airflow_provider_faceswap.sandbox.inputs import fetch, sample_name
from airflow_provider_faceswap.sandbox.settings import Settings
from airflow_provider_faceswap.sandbox.swap import CannotSwap, Source, Swap

THREADS = 2
logger = logging.getLogger(__name__)


class Renderer:
    """Fetches inputs and swaps faces, away from the event loop.

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
        """One of the sandbox's own samples, ``None`` for an unknown name."""
        if name not in self._samples:
            content = await asyncio.get_running_loop().run_in_executor(self._pool, _sample, name)
            if content is None:
                return None
            self._samples[name] = content
        return self._samples[name]

    async def render(self, swap: Swap, port: int | None) -> bytes:
        """The result of a swap; the same contents are computed once.

        :param swap: what to swap.
        :param port: the port on which this sandbox was reached.
        """
        sources = [source for source in (swap.scene, swap.face, swap.reference) if source]
        contents = await asyncio.gather(*(self._content(source, port) for source in sources))
        digests = [hashlib.sha256(content).hexdigest() for content in contents]
        key = f"{digests}{swap.is_video}{swap.watermark}{[source.field for source in sources]}"
        if key not in self._rendered:
            self._counts.renderings += 1
            loop = asyncio.get_running_loop()
            self._rendered[key] = loop.run_in_executor(self._pool, _compute, swap, contents)
        return await asyncio.shield(self._rendered[key])

    async def _content(self, source: Source, port: int | None) -> bytes:
        if source.content is not None:
            return source.content
        name = sample_name(source.url, port)
        if name is None:
            return await asyncio.get_running_loop().run_in_executor(self._pool, fetch, source, self._settings)
        content = await self.sample(name)
        if content is None:
            raise CannotSwap(f"Could not download {source.field}. Make sure the URL is publicly accessible.")
        return content


def _sample(name: str) -> bytes | None:
    # Imported at first use: OpenCV and PyAV would double the time until the sandbox listens.
    from airflow_provider_faceswap.sandbox.samples import MAKERS, sample

    return sample(name) if name in MAKERS else None


def _compute(swap: Swap, contents: list[bytes]) -> bytes:
    from airflow_provider_faceswap.sandbox import pictures
    from airflow_provider_faceswap.sandbox.video import swap_clip

    try:
        face = pictures.largest_face(pictures.decode(contents[1], swap.face.field), swap.face.field)
        reference = None
        if swap.reference is not None:
            field = swap.reference.field
            reference = pictures.largest_face(pictures.decode(contents[2], field), field)
        if swap.is_video:
            return swap_clip(contents[0], face, reference, field=swap.scene.field, watermark=swap.watermark)
        scene = pictures.decode(contents[0], swap.scene.field)
        result = pictures.swap_picture(
            scene, face, reference, field=swap.scene.field, watermark=swap.watermark
        )
        return pictures.encode(result)
    except CannotSwap:
        raise
    except Exception as error:
        logger.exception("a swap broke off")
        raise CannotSwap("Something went wrong while processing your request.") from error
