"""Errors of this provider as Airflow's: each is of both families, for retries and callbacks to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

from airflow_provider_faceswap.exceptions import (
    AuthenticationError,
    FaceSwapError,
    InDoubtError,
    InputError,
    JobError,
    JobFailedError,
    JournalError,
    RefusedError,
    ResultError,
)

_FINAL = (InputError, InDoubtError, JournalError, JobFailedError, AuthenticationError)
_FINAL_WITHOUT_JOURNAL = (*_FINAL, JobError, ResultError)


@contextmanager
def translated(provider: str, *, retry_buys: bool = False) -> Iterator[None]:
    """
    Turn this provider's errors into Airflow's: those that no retry mends fail the task at once.

    :param provider: the vendor's connection type.
    :param retry_buys: a retry would submit again, so nothing about a paid job may be retried.
    """
    try:
        yield
    except FaceSwapError as error:
        error.provider = error.provider or provider
        final = is_final(error, retry_buys=retry_buys)
        # Airflow also says so where the lookup failed, as while a secrets backend is away.
        if not retry_buys and isinstance(error.__context__, AirflowNotFoundException):
            final = False
        raise as_airflow(error, AirflowFailException if final else AirflowException) from None


def not_bought_again(error: FaceSwapError, job_id: str) -> AirflowException:
    """
    Return an error that ends a task whose retry would submit again, where its job was not looked at.

    :param error: what kept the task from going on.
    :param job_id: of the job that it waited for; empty if nobody knows whether there is one.
    """
    remedy = f"collect job {job_id} with the vendor's sensor" if job_id else "look at the vendor's jobs"
    error.args = (f"{error}; not retried, as that pays again below Airflow 3.3: mend it, then {remedy}",)
    error.job_id, error.paid = job_id, True if job_id else None
    return as_airflow(error, AirflowFailException)


def is_final(error: FaceSwapError, *, retry_buys: bool = False) -> bool:
    """
    Return whether no retry helps.

    :param error: of this provider.
    :param retry_buys: a retry would submit again, so nothing about a paid job may be retried.
    """
    kinds = _FINAL_WITHOUT_JOURNAL if retry_buys else _FINAL
    return isinstance(error, kinds) or (isinstance(error, RefusedError) and error.final)


def as_airflow(error: FaceSwapError, base: type[AirflowException]) -> AirflowException:
    """
    Return an error as one that is of an Airflow class as well.

    :param error: of this provider.
    :param base: the Airflow class, which decides about retries.
    """
    cls = _both(type(error), base)  # type: ignore[arg-type]  # classes are hashable
    both = cls.__new__(cls, *error.args)
    both.__dict__.update(error.__dict__)
    return both


@cache
def _both(cls: type[FaceSwapError], base: type[AirflowException]) -> type[AirflowException]:
    if issubclass(cls, base):
        return cls
    names = {"__doc__": cls.__doc__, "__module__": cls.__module__}
    return type(cls.__name__, (cls, base), names)
