"""What one sandbox is started with."""

from __future__ import annotations

from dataclasses import dataclass

SANDBOX_KEY = "sbx-3f9c1e7a"


@dataclass(frozen=True)
class Settings:
    """The defaults of one sandbox; the control routes change them while it runs.

    :param key: the only API key that is accepted.
    :param image_seconds: how long an image job takes; 0 answers the submission with the result.
    :param video_seconds: how long a video job takes; 0 answers the submission with the result.
    :param max_queued: how many unfinished jobs the account may hold; ``None`` for no limit.
    :param max_input_bytes: the largest picture or clip that is fetched.
    :param input_timeout: seconds that fetching one input may take.
    :param credits: what the account at each vendor that counts credits holds.
    """

    key: str = SANDBOX_KEY
    image_seconds: float = 0.0
    video_seconds: float = 12.0
    max_queued: int | None = None
    max_input_bytes: int = 64 * 1024 * 1024
    input_timeout: float = 20.0
    credits: float = 1_000_000
