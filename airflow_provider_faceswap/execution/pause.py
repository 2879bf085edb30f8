"""How long a task pauses after the vendor refused its submission for now."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_faceswap.exceptions import FaceSwapError, NotSentError, RefusedForNowError

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

FIRST_PAUSE, GROWTH, MAX_PAUSE = 12.0, 1.25, 120.0
"""Seconds before a refused submission is made again; never under 8, see ``triggers.base``."""

MAX_NOT_SENT = 5
"""Pauses in a row, some two minutes, over which a batch waits for a connection to the vendor."""


@dataclass(frozen=True)
class Refusals:
    """
    The refusals of one submission so far.

    :param count: how many.
    :param since: when the first one came, in seconds since the epoch.
    """

    count: int = 0
    since: float = 0.0

    def another(self, now: float) -> Refusals:
        """Count one more."""
        return replace(self, count=self.count + 1, since=self.since or now)

    def pause(self, error: FaceSwapError, now: float, timeout: float) -> float:
        """
        Return the seconds until the submission is made again.

        :param error: the latest refusal, or that nothing could be sent.
        :param now: seconds since the epoch.
        :param timeout: seconds from the first refusal until the task gives up.
        :raises RefusedForNowError: if the pause would pass it.
        :raises NotSentError: if nothing could be sent so often that waiting is for Airflow's retries.
        """
        if isinstance(error, NotSentError) and self.count > MAX_NOT_SENT:
            raise error
        growing = min(FIRST_PAUSE * GROWTH ** min(self.count - 1, 20), MAX_PAUSE)
        asked = error.retry_after if isinstance(error, RefusedForNowError) else None
        pause = max(asked or 0.0, growing * random.uniform(0.8, 1.2))
        if now + pause > self.since + timeout:
            remedy = "use a pool with as many slots as the plan's queue limit, or raise timeout"
            raise RefusedForNowError(f"{error}; refused {self.count} times until the timeout: {remedy}")
        return pause


def submit_again_in(task: BaseOperator, seconds: float, kwargs: dict[str, Any]) -> NoReturn:
    """
    Defer a task until its ``execute_again`` submits again.

    :param task: the operator.
    :param seconds: of the pause before that.
    :param kwargs: of ``execute_again``.
    """
    from airflow_provider_faceswap.triggers.pause import PauseTrigger

    task.defer(trigger=PauseTrigger(seconds), method_name="execute_again", kwargs=kwargs)
