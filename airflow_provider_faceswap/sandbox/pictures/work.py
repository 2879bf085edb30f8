"""What is to be computed, without a vendor's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class CannotSwap(Exception):
    """The inputs do not allow a swap; the message is for the vendor's client."""


@dataclass(frozen=True)
class Source:
    """
    A picture or clip.

    :param field: the vendor's name for it, for messages.
    :param url: its http(s) URL, or empty if the content is here.
    :param content: its content, if it came with the request.
    """

    field: str
    url: str = ""
    content: bytes | None = None


@dataclass(frozen=True)
class Replacement:
    """
    One new face, and which of the scene's faces it replaces: without a reference or a number, all.

    :param face: the picture with the new face.
    :param face_number: which face of that picture; the largest is 0.
    :param reference: a picture of the one face to replace.
    :param target_number: the number of the one face to replace, in the swap's order.
    """

    face: Source
    face_number: int = 0
    reference: Source | None = None
    target_number: int | None = None


@dataclass(frozen=True)
class Swap:
    """
    One face swap.

    :param scene: the picture or clip that is edited.
    :param replacements: the new faces.
    :param is_video: whether the scene is a clip.
    :param watermark: whether the vendor's mark is wanted (the sandbox's own label is always drawn).
    :param order: how the scene's faces are numbered: from large to small, or from left to right.
    """

    scene: Source
    replacements: tuple[Replacement, ...]
    is_video: bool = False
    watermark: bool = False
    order: Literal["size", "left"] = "size"

    @property
    def extension(self) -> str:
        """The extension of the result's file."""
        return "mp4" if self.is_video else "jpg"

    @property
    def sources(self) -> list[Source]:
        """The scene, then the face and the reference of each replacement."""
        pairs = [(one.face, one.reference) for one in self.replacements]
        return [self.scene, *(source for pair in pairs for source in pair if source)]

    @property
    def recipe(self) -> str:
        """What the result depends on besides the contents of the sources."""
        fields = [source.field for source in self.sources]
        choices = [(r.face_number, r.target_number, r.reference is None) for r in self.replacements]
        return f"{self.order} {self.is_video} {self.watermark} {fields} {choices}"


@dataclass(frozen=True)
class FaceSearch:
    """
    Finding the faces of a picture.

    :param picture: the picture.
    """

    picture: Source
    is_video = False
    extension = "json"

    @property
    def sources(self) -> list[Source]:
        """The picture."""
        return [self.picture]

    @property
    def recipe(self) -> str:
        """What the result depends on besides the picture."""
        return f"faces of {self.picture.field}"


Work = Swap | FaceSearch
