"""What a task raises is of this provider's family and of Airflow's that decides about retries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
)

from airflow_provider_faceswap import exceptions as family
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError, ResultError
from airflow_provider_faceswap.execution.airflow_errors import as_airflow, translated
from airflow_provider_faceswap.storage.folders import open_folder

EXAMPLES: dict[str, FaceSwapError] = {
    "InputError": family.InputError("init_video", "must be a URL"),
    "RefusedError": family.RefusedError("no credits"),
    "RefusedForNowError": family.RefusedForNowError("queue full", 5.0),
    **{
        cls.__name__: cls("what happened", "278")
        for cls in (
            family.JobError, family.JobFailedError, family.CongestedError, family.JobUnknownError,
            family.JobUnsettledError,
        )
    },
}  # fmt: skip
FINAL = {
    "InputError", "InDoubtError", "JournalError", "JobFailedError", "CongestedError", "AuthenticationError",
}  # fmt: skip
FINAL_WITHOUT_JOURNAL = FINAL | {"JobError", "JobUnknownError", "JobUnsettledError", "ResultError"}


def subclasses(cls: type[FaceSwapError]) -> Iterator[type[FaceSwapError]]:
    for found in cls.__subclasses__():
        if found.__module__.startswith("airflow_provider_faceswap") and not issubclass(
            found, AirflowException
        ):
            yield found
            yield from subclasses(found)


ERRORS = [EXAMPLES.get(cls.__name__) or cls("what happened") for cls in subclasses(FaceSwapError)]


def raised(error: FaceSwapError, **how: Any) -> Any:
    with pytest.raises(AirflowException) as caught, translated("modelslab", **how):
        raise error
    return caught.value


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("retry_buys", [False, True])
def test_both_families(error: FaceSwapError, retry_buys: bool) -> None:
    found = raised(error, retry_buys=retry_buys)
    assert isinstance(found, type(error)) and str(found) == str(error)
    assert type(found).__name__ == type(error).__name__, "as logs show it"
    assert found.provider == "modelslab" and (found.job_id, found.paid) == (error.job_id, error.paid)
    final = FINAL_WITHOUT_JOURNAL if retry_buys else FINAL
    names = {cls.__name__ for cls in type(error).__mro__}
    assert isinstance(found, AirflowFailException) is bool(names & final)
    assert found.__cause__ is None and found.__suppress_context__


def test_a_refusal_that_says_so_is_final() -> None:
    assert isinstance(raised(family.RefusedError("no face", final=True)), AirflowFailException)
    assert not isinstance(raised(family.RefusedError("no credits")), AirflowFailException)


def test_an_error_keeps_its_own_provider_and_attributes() -> None:
    error = family.RefusedForNowError("queue full", 5.0)
    error.provider = "segmind"
    found = raised(error)
    assert (found.provider, found.retry_after, found.final) == ("segmind", 5.0, False)


def test_a_translated_error_is_translated_once() -> None:
    once = as_airflow(family.InputError("a", "b"), AirflowFailException)
    again = raised(once)  # type: ignore[arg-type]
    assert type(again) is type(once)


def test_a_sensors_deadline() -> None:
    found = as_airflow(family.JobUnsettledError("late", "278"), AirflowSensorTimeout)
    assert isinstance(found, family.JobUnsettledError) and isinstance(found, AirflowSensorTimeout)


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_other_errors_pass(error: BaseException) -> None:
    with pytest.raises(type(error)), translated("modelslab"):
        raise error


def test_a_connection_that_was_not_found_may_be_there_at_the_next_try() -> None:
    with pytest.raises(InputError) as caught, translated("modelslab"):
        open_folder("s3://nowhere@bucket/results")
    assert not isinstance(caught.value, AirflowFailException)


def test_a_connection_not_found_is_not_retried_where_a_retry_buys() -> None:
    with pytest.raises(AirflowFailException), translated("modelslab", retry_buys=True):
        try:
            raise AirflowNotFoundException("media")
        except AirflowNotFoundException:
            raise ResultError("the paid file was not stored") from None
