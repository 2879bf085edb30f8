"""What is to be swapped, in no vendor's words."""

from __future__ import annotations

from dataclasses import dataclass


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
class Swap:
    """One face swap.

    :param scene: the picture or clip that is edited.
    :param face: the picture that supplies the new face.
    :param reference: a picture of the one face to replace; ``None`` replaces all.
    :param is_video: whether the scene is a clip.
    :param watermark: whether the vendor's mark is wanted (the sandbox's own label is always drawn).
    """

    scene: Source
    face: Source
    reference: Source | None
    is_video: bool
    watermark: bool
