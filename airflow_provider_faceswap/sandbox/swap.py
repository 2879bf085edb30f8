"""What is to be computed, in no vendor's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class CannotSwap(Exception):
    """The inputs do not allow a swap; the message is for the vendor's client."""


@dataclass(frozen=True)
class Source:
    """Where a picture or clip comes from.

    :param field: the vendor's name for it, used in messages.
    :param url: an http(s) address, or empty when the content is already here.
    :param content: the content, when it came with the request.
    """

    field: str
    url: str = ""
    content: bytes | None = None


@dataclass(frozen=True)
class Exchange:
    """One new face, and which of the scene's faces it replaces: without a reference or a place, all.

    :param face: the picture that supplies the new face.
    :param number: which face of that picture, the largest is 0.
    :param reference: a picture of the one face to replace.
    :param place: the number of the one face to replace, in the swap's order.
    """

    face: Source
    number: int = 0
    reference: Source | None = None
    place: int | None = None


@dataclass(frozen=True)
class Swap:
    """One face swap.

    :param scene: the picture or clip that is edited.
    :param exchanges: the new faces.
    :param is_video: whether the scene is a clip.
    :param watermark: whether the vendor's mark is wanted (the sandbox's own label is always drawn).
    :param order: how the scene's faces are numbered: the largest first, or from left to right.
    """

    scene: Source
    exchanges: tuple[Exchange, ...]
    is_video: bool = False
    watermark: bool = False
    order: Literal["size", "left"] = "size"

    @property
    def ending(self) -> str:
        """The ending of the result's name."""
        return "mp4" if self.is_video else "jpg"

    @property
    def sources(self) -> list[Source]:
        """The scene, then each exchange's face and reference."""
        pairs = [(exchange.face, exchange.reference) for exchange in self.exchanges]
        return [self.scene, *(source for pair in pairs for source in pair if source)]

    @property
    def recipe(self) -> str:
        """What the result depends on besides the contents of the sources."""
        fields = [source.field for source in self.sources]
        choices = [(e.number, e.place, e.reference is None) for e in self.exchanges]
        return f"{self.order} {self.is_video} {self.watermark} {fields} {choices}"


@dataclass(frozen=True)
class FaceSearch:
    """Finding the faces of a picture.

    :param picture: where to look.
    """

    picture: Source
    is_video = False
    ending = "json"

    @property
    def sources(self) -> list[Source]:
        """The picture."""
        return [self.picture]

    @property
    def recipe(self) -> str:
        """What the result depends on besides the picture."""
        return f"faces of {self.picture.field}"


Work = Swap | FaceSearch
