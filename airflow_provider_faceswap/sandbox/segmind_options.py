"""What can be chosen about the sandbox's Segmind, where sources differ or a test wants another side of it."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

V1Path = Literal["/v1/models/faceswap-v2", "/v1/faceswap-v2"]
V1_PATHS: tuple[V1Path, ...] = get_args(V1Path)


class SegmindOptions(BaseModel):
    """The choices in force.

    :param v1_paths: the paths that are answered: the documented one, the one of all other sources.
    :param image_format: how v1 sends a picture.
    :param output_form: where a v2 result has it: ``output`` as a URL, a list or base64 text, or ``images``.
    :param record_seconds: how long the record of a v2 request lives, from its submission.
    :param cut_off_seconds: how long v1 works before its gateway gives up with 504.
    :param cost: what one swap costs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v1_paths: tuple[V1Path, ...] = V1_PATHS
    image_format: Literal["jpeg", "png"] = "jpeg"
    output_form: Literal["url", "list", "text", "images"] = "url"
    record_seconds: float = Field(default=3600.0, ge=0)
    cut_off_seconds: float = Field(default=100.0, ge=0)
    cost: float = Field(default=0.004, ge=0)
