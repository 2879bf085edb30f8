"""The jobs file of a batch: which jobs one trigger watches, a JSON object a line."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from typing import TYPE_CHECKING, Any

from airflow_provider_faceswap.apis.reading import JOB_ID
from airflow_provider_faceswap.apis.watch import Watch
from airflow_provider_faceswap.exceptions import PollError
from airflow_provider_faceswap.threads import in_thread

if TYPE_CHECKING:
    from airflow_provider_faceswap.storage.places import Place

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
"""A larger file is not a list of jobs."""
PATIENCE = 60.0
"""Seconds for which a file that cannot be read is tried again."""


class BatchJob:
    """
    One line of a jobs file.

    :param line: the parsed line; what is absent is not known.
    :param deadline: where the line has none.
    :param poll_interval: seconds between two polls; None to follow the eta and the siblings.
    """

    __slots__ = ("ended", "job_id", "luck", "named", "nonce", "route", "seen", "watch")

    def __init__(self, line: dict[str, Any], deadline: float, poll_interval: float | None) -> None:
        self.job_id = str(line.get("job_id") or "")
        self.nonce = str(line.get("nonce") or "")
        self.route: dict[str, str] | None = line.get("route") or None
        self.watch = Watch(
            submitted_at=_number(line.get("submitted_at")) or time.time(),
            deadline=_number(line.get("deadline")) or deadline,
            eta=_number(line.get("eta")),
            poll_interval=poll_interval,
        )
        self.seen = 0.0
        """The job's age when it was last seen running; 0 if it was not yet."""
        self.ended = False
        self.named = False
        """Whether only a callback names its id."""
        self.luck = 1.0
        """Spreads the polls of jobs that were submitted together."""
        if not (JOB_ID.match(self.job_id) or (self.nonce and not self.job_id)):
            raise ValueError("a job needs an id or a nonce")


def read_jobs(url: str, deadline: float, poll_interval: float | None = None) -> list[BatchJob]:
    """
    Read a jobs file. It blocks: never call it on an event loop.

    :param url: of the file.
    :param deadline: of jobs that have none of their own.
    :param poll_interval: seconds between two polls of a job; None to follow the eta and the siblings.
    :raises PollError: if the file is not a list of jobs; a store's own errors come as they are.
    """
    from airflow_provider_faceswap.storage.places import open_place

    folder, _, name = url.rpartition("/")
    place = open_place(folder, lambda problem: PollError(f"the URL of the jobs file {problem}"))
    content = _whole(place, name)
    try:
        return [BatchJob(json.loads(line), deadline, poll_interval) for line in content.splitlines() if line]
    except (ValueError, AttributeError):  # the line is not quoted: it is not known what it holds
        raise PollError("the jobs file holds a line that is not a job") from None


def _whole(place: Place, name: str) -> bytes:
    with place.open(name) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise PollError(f"the jobs file is larger than {MAX_BYTES} bytes")
    return content


async def load_jobs(url: str, deadline: float, poll_interval: float | None) -> list[BatchJob]:
    """
    Read a jobs file beside the event loop; try again for :data:`PATIENCE` seconds if that fails.

    :raises PollError: saying why the file cannot be read.
    """
    started, failures = time.monotonic(), 0
    while True:
        try:
            return await in_thread(read_jobs, url, deadline, poll_interval)
        except Exception as error:  # each store has errors of its own
            problem = str(error) if isinstance(error, PollError) else type(error).__name__
        failures += 1
        left = PATIENCE - (time.monotonic() - started)
        if left <= 0:
            raise PollError(f"the jobs file cannot be read: {problem}")
        log.warning("The jobs file cannot be read yet: %s", problem)
        await asyncio.sleep(min(2.0 ** (failures - 1), 15.0, left))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None
