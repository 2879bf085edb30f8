"""A retry policy for tasks that call the hooks themselves; Airflow 3.3 and later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy

from airflow_provider_faceswap.exceptions import FaceSwapError
from airflow_provider_faceswap.execution.airflow_errors import is_final

if TYPE_CHECKING:
    from airflow.sdk import Context


class FaceSwapRetryPolicy(RetryPolicy):
    """
    Retry where another try may help, when the vendor asks for it, and not where it would pay twice.

    The operators and sensors do so without it. It is for tasks of your own that call the hooks:
    ``@task(retries=5, retry_policy=FaceSwapRetryPolicy())``. Errors that are not of this provider are retried
    as Airflow does by default.

    :param max_delay: the longest time to wait, whatever the vendor asks for.
    """

    def __init__(self, max_delay: timedelta = timedelta(hours=1)) -> None:
        self.max_delay = max_delay

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """
        Decide by the class of the error.

        :param exception: what the task raised.
        :param try_number: of the try that failed.
        :param max_tries: of the task.
        :param context: of the task.
        """
        if not isinstance(exception, FaceSwapError):
            return RetryDecision.default()
        kind = type(exception).__name__
        # Nothing is noted of what such a task submitted: another try would submit it again.
        if is_final(exception, retry_buys=True):
            return RetryDecision.fail(f"{kind}: another try does not help, or pays again")
        seconds = getattr(exception, "retry_after", None)
        delay = None if seconds is None else min(timedelta(seconds=seconds), self.max_delay)
        return RetryDecision.retry(delay, f"{kind}: another try may help")
