"""What a sandbox is started with, and what can be chosen about its Segmind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

SANDBOX_KEY = "sbx-3f9c1e7a"
V1Path = Literal["/v1/models/faceswap-v2", "/v1/faceswap-v2"]
V1_PATHS: tuple[V1Path, ...] = get_args(V1Path)


@dataclass(frozen=True)
class Settings:
    """
    The defaults of one sandbox; the control routes change them while it runs.

    :param key: the only API key that is accepted.
    :param image_seconds: how long an image job takes; 0 answers the submission with the result.
    :param video_seconds: how long a video job takes; 0 answers the submission with the result.
    :param max_queued: how many unfinished jobs the account may have; ``None`` for no limit.
    :param max_input_bytes: the largest picture or clip that is downloaded.
    :param input_timeout: seconds that one download may take.
    :param credits: the credits of the account at each vendor that counts credits.
    """

    key: str = SANDBOX_KEY
    image_seconds: float = 0.0
    video_seconds: float = 12.0
    max_queued: int | None = None
    max_input_bytes: int = 64 * 1024 * 1024
    input_timeout: float = 20.0
    credits: float = 1_000_000


class SegmindOptions(BaseModel):
    """
    Choices about Segmind, where sources differ or a test needs another side of it.

    :param v1_paths: the v1 paths that are answered: the documented one, and the one of all other sources.
    :param image_format: the format of a v1 picture.
    :param output_form: where a v2 result has it: ``output`` as a URL, a list or base64 text, or ``images``.
    :param record_seconds: how long the record of a v2 request lives, from its submission.
    :param cut_off_seconds: how long v1 works before its gateway gives up with 504.
    :param cost: the price of one swap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v1_paths: tuple[V1Path, ...] = V1_PATHS
    image_format: Literal["jpeg", "png"] = "jpeg"
    output_form: Literal["url", "list", "text", "images"] = "url"
    record_seconds: float = Field(default=3600.0, ge=0)
    cut_off_seconds: float = Field(default=100.0, ge=0)
    cost: float = Field(default=0.004, ge=0)
