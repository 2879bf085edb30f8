"""What ``soft_fail`` and ``never_fail`` make of an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowException, AirflowSkipException


@contextmanager
def skipping(wanted: bool) -> Iterator[None]:
    """
    Skip the task instead of failing it.

    :param wanted: whether the user wants that.
    """
    try:
        yield
    except AirflowSkipException:
        raise
    except AirflowException as error:
        if wanted:
            raise AirflowSkipException(str(error)) from None
        raise
