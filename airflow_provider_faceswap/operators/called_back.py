"""What operators take whose vendor may call back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_provider_faceswap.operators.arguments import as_seconds
from airflow_provider_faceswap.operators.base import SwapOperator


class CalledBackOperator(SwapOperator):
    """
    Submit a job to a vendor that may call back.

    :param in_doubt_wait: seconds to wait for the callback of a submission whose answer was lost.
    :param adopt_from_callback: whether such a submission takes the job that a callback to its URL names;
        False leaves that to a person, as whoever knows the URL can name any job.
    """

    def __init__(
        self, *, in_doubt_wait: float | timedelta = 600, adopt_from_callback: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.in_doubt_wait = as_seconds(in_doubt_wait)
        self.adopt_from_callback = adopt_from_callback
