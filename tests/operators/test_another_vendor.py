"""A connection that is edited to another vendor while a job is on its way, or after it."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_provider_faceswap.apis.job import JobState
from airflow_provider_faceswap.exceptions import NotSentError
from tests.fakes import job
from tests.operators.shop import CLIP, Shop

MOVED = (
    "job 278 was bought from ModelsLab, and connection 'account' is of type 'aifaceswap'; go back to the "
    "former connection and clear the task to collect it; decide in the task's tab 'Face swap'"
)


@pytest.mark.parametrize("host", ["", "https://gateway.example"])
def test_a_retry_with_another_vendor_does_not_buy_again(modelslab: Shop, host: str) -> None:
    modelslab.connect("modelslab", host)
    modelslab.die()
    modelslab.connect("aifaceswap", host)
    for clear in (False, True):
        if clear:
            modelslab.clear()
        with pytest.raises(AirflowFailException) as caught:
            modelslab.start()
        assert str(caught.value).startswith(MOVED)
        error: Any = caught.value
        assert (error.job_id, error.paid) == ("278", True)
    assert (modelslab.vendor.accepted, modelslab.vendor.polled) == (1, [])

    modelslab.connect("modelslab", host)
    modelslab.clear()
    assert modelslab.start()["job_id"] == "278"
    assert modelslab.vendor.accepted == 1


@pytest.mark.parametrize("host", ["", "https://gateway.example"])
def test_another_vendor_is_not_asked_for_the_job_after_a_deferral(modelslab: Shop, host: str) -> None:
    modelslab.connect("modelslab", host)
    deferral = modelslab.defer(media=CLIP)
    modelslab.connect("aifaceswap", host)
    event = {"counts": {}, "states": {"278": "success"}, "problems": {}}
    with pytest.raises(AirflowFailException) as caught:
        modelslab.resume(deferral, **event)
    assert str(caught.value).startswith(MOVED)
    assert modelslab.vendor.polled == []

    modelslab.connect("modelslab", host)
    assert modelslab.resume(deferral, **event)["status"] == "success"


def test_another_vendor_with_an_idempotency_key_does_not_buy_again(modelslab: Shop) -> None:
    modelslab.die(idempotency_key="photo-1")
    modelslab.connect("aifaceswap", modelslab.vendor.double.settings.base_url)
    with pytest.raises(AirflowFailException, match="was bought from ModelsLab"):
        modelslab.start(idempotency_key="photo-1")
    assert modelslab.vendor.accepted == 1


def test_a_submission_in_doubt_is_not_repeated_at_another_vendor(modelslab: Shop) -> None:
    modelslab.die_at_save(2)
    with pytest.raises(BaseException):  # noqa: B017 - killed
        modelslab.start()
    modelslab.heal()
    modelslab.connect("aifaceswap")
    with pytest.raises(AirflowFailException, match="a submission without an id was bought from ModelsLab"):
        modelslab.start(on_in_doubt="resubmit")
    assert modelslab.vendor.accepted == 1


def test_what_was_refused_is_bought_from_another_vendor(modelslab: Shop) -> None:
    modelslab.vendor.submissions = [NotSentError("no connection")]
    with pytest.raises(AirflowException):
        modelslab.start()
    modelslab.connect("aifaceswap")
    assert modelslab.start()["provider"] == "aifaceswap"
    assert modelslab.vendor.accepted == 1


def test_what_failed_for_good_is_bought_from_another_vendor_by_a_clear_alone(modelslab: Shop) -> None:
    modelslab.vendor.polls = [job(JobState.FAILED, message="no face found")]
    with pytest.raises(AirflowFailException, match="no face found"):
        modelslab.start()
    # The same host, as a gateway's: of another one the journal says that the connection moved.
    modelslab.connect("aifaceswap", modelslab.vendor.double.settings.base_url)
    with pytest.raises(AirflowFailException, match="was bought with other inputs"):
        modelslab.start()
    modelslab.clear()
    assert modelslab.start()["provider"] == "aifaceswap"
    assert modelslab.vendor.accepted == 2
