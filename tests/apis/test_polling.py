from __future__ import annotations

import pytest

from airflow_provider_faceswap.apis.polling import MAX_ETA, MAX_STEP, MIN_STEP, seconds_to_next_poll


def test_the_first_poll_comes_shortly_before_the_eta() -> None:
    wait = seconds_to_next_poll(0.0, eta=100.0)
    assert 70 <= wait < 100


def test_steps_after_it_are_small() -> None:
    assert seconds_to_next_poll(100.0, eta=100.0) <= 10


@pytest.mark.parametrize("eta", [None, 0.0, 5.0, 120.0, 1e6])
@pytest.mark.parametrize("age", [0.0, 1.0, 100.0, 1e5])
@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_no_hot_loop_whatever_the_eta(eta: float | None, age: float, jitter: float) -> None:
    wait = seconds_to_next_poll(age, eta=eta, jitter=jitter)
    assert wait >= MIN_STEP
    assert wait <= max(MAX_STEP, min(eta or 0, MAX_ETA))


@pytest.mark.parametrize("eta", [MAX_ETA + 1, 7 * 86_400, 9e6])
def test_an_enormous_eta_does_not_put_off_the_first_poll(eta: float) -> None:
    assert seconds_to_next_poll(0.0, eta=eta, jitter=0.5) == seconds_to_next_poll(0.0, jitter=0.5)
    assert seconds_to_next_poll(1e5, eta=eta) <= MAX_STEP


def test_jitter_spreads_jobs_that_were_submitted_together() -> None:
    early, late = (seconds_to_next_poll(150.0, eta=100.0, jitter=jitter) for jitter in (0.0, 1.0))
    assert early < late


def test_an_absurd_wish_of_the_vendor_is_bounded() -> None:
    assert seconds_to_next_poll(0.0, failures=1, retry_after=1e9) == 3600.0


def test_failures_without_number_do_not_overflow() -> None:
    assert seconds_to_next_poll(0.0, failures=10_000) <= 132.0
