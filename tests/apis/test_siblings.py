from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.apis.polling import MIN_STEP, seconds_to_next_poll
from airflow_provider_faceswap.apis.siblings import Siblings
from benchmarks.polling import Alone, Batch, Learning, Simulation, lognormal, two_lengths

SPREAD = lognormal(0.75)
AGES = st.floats(0.0, 1e6)
ETAS = st.none() | st.floats(0.01, 1e6)


def taught(duration: float, eta: float | None = None, jobs: int = 200) -> Siblings:
    """Return what jobs of about one duration teach, each seen running at 0.95 of it and ended at 1.05."""
    siblings = Siblings()
    for number in range(jobs):
        own = duration * (1 + 0.05 * math.sin(number))
        siblings.on_running(eta, 0.0, 0.95 * own)
        siblings.on_end(eta, 0.95 * own, 1.05 * own)
    return siblings


def test_without_siblings_the_first_poll_is_that_of_a_single_job() -> None:
    assert Siblings().next_poll(100.0, 85.0) == pytest.approx(92.0, abs=4)
    blind = Siblings().next_poll(None, 100.0) - 100.0
    assert blind == pytest.approx(seconds_to_next_poll(100.0), rel=0.1)


def test_a_learned_duration_is_waited_for_without_a_poll() -> None:
    assert 80 <= taught(120.0).next_poll(None, 0.0) <= 120
    assert taught(120.0).next_poll(None, 115.0) < 125


@pytest.mark.parametrize("bias", [0.5, 1.0, 2.0])
def test_a_bias_of_all_etas_is_learned(bias: float) -> None:
    siblings = taught(120.0, eta=bias * 120.0)
    assert 240 <= siblings.next_poll(bias * 400.0, 0.0) <= 400, "a longer job, by the same factor"


def test_jobs_that_still_run_put_off_the_others() -> None:
    siblings = Siblings()
    before = siblings.next_poll(None, 0.0)
    for _ in range(50):
        siblings.on_running(None, 0.0, 60.0)
    assert siblings.next_poll(None, 0.0) > 5 * before


def test_a_stuck_job_is_polled_seldom_but_not_forgotten() -> None:
    siblings = taught(120.0)
    for _ in range(4):
        siblings.on_running(None, 0.0, 3000.0)
    assert 1300 < siblings.next_poll(None, 1000.0) <= 3000


def test_luck_spreads_jobs_that_were_submitted_together() -> None:
    siblings = taught(120.0)
    assert siblings.next_poll(None, 0.0, 0.9) < siblings.next_poll(None, 0.0, 1.1)


def test_the_median_is_that_of_the_ended_jobs() -> None:
    assert Siblings().median() is None
    assert taught(120.0).median() == pytest.approx(120.0, rel=0.1)
    assert taught(120.0, eta=60.0).median() == pytest.approx(120.0, rel=0.1)


def test_what_was_learned_travels_as_json() -> None:
    siblings = taught(120.0, eta=100.0)
    again = Siblings(json.loads(json.dumps(siblings.as_dict(1_800_000_000.5))))
    assert again.watched_until == 1_800_000_000
    assert again.median() == pytest.approx(siblings.median())
    for eta in (None, 300.0):
        assert again.next_poll(eta, 0.0) == pytest.approx(siblings.next_poll(eta, 0.0), rel=0.03)


@given(st.lists(st.tuples(ETAS, st.floats(0.0, 1e6), st.floats(0.0, 1e6)), max_size=300))
def test_what_was_learned_is_small(ends: list[tuple[float | None, float, float]]) -> None:
    siblings = Siblings()
    for eta, one, other in ends:
        siblings.on_running(eta, 0.0, min(one, other))
        siblings.on_end(eta, min(one, other), max(one, other))
    learned = json.dumps(siblings.as_dict(1e10))
    assert len(learned) <= 1024
    assert Siblings(json.loads(learned)).as_dict(1e10)["at"] == 10**10


GOOD: dict[str, Any] = {"version": 1, "at": 1, "shares": [1], "seconds": [1, 80, 500, 0]}


@pytest.mark.parametrize(
    "bad",
    [
        None, [], "x", {}, {**GOOD, "version": 2}, {**GOOD, "at": "x"}, {**GOOD, "seconds": [1, 80, 500]},
        {**GOOD, "seconds": [0, 80, 500, 0]}, {**GOOD, "seconds": [1, 99_999, 500, 0]},
        {**GOOD, "seconds": [1, 80, -1, 0]}, {**GOOD, "seconds": [1, 80, 10**30, 0]},
        {**GOOD, "seconds": [1, 80, 0.5, 0]}, {**GOOD, "seconds": [10**12, 80, 5, 0]}, {**GOOD, "shares": []},
    ],
)  # fmt: skip
def test_what_cannot_be_read_teaches_nothing(bad: object) -> None:
    assert Siblings(GOOD).median() is not None
    siblings = Siblings(bad)
    assert siblings.median() is None and siblings.watched_until == 0.0
    assert siblings.next_poll(None, 0.0) == Siblings().next_poll(None, 0.0)


@given(eta=ETAS, seen=AGES, luck=st.floats(0.5, 2.0), duration=st.floats(0.1, 1e6))
def test_no_hot_loop_and_no_poll_that_never_comes(
    eta: float | None, seen: float, luck: float, duration: float
) -> None:
    for siblings in (Siblings(), taught(duration, eta, jobs=5)):
        age = siblings.next_poll(eta, seen, luck)
        assert seen + MIN_STEP <= age < math.inf


def test_the_last_poll_of_another_trigger_is_guessed() -> None:
    siblings = taught(120.0)
    assert siblings.last_poll(None, 30.0, 0.5) == 0.0, "it was not polled yet"
    guesses = [siblings.last_poll(None, 130.0, chance) for chance in (0.0, 0.5, 1.0)]
    assert guesses == sorted(guesses, reverse=True)
    assert guesses[0] == pytest.approx(130.0) and guesses[-1] > 100


def test_jobs_with_an_eta_meet_the_budget() -> None:
    found = Simulation(Batch(SPREAD, 0.2, active=2000, stuck=0.0), Learning()).run()
    assert found.polls <= 3.5 and found.mean <= 0.04


@pytest.mark.parametrize(("bias", "polls"), [(0.5, 4.3), (1.0, 3.6), (2.0, 3.8)])
def test_stuck_jobs_and_biased_etas_cost_little_more(bias: float, polls: float) -> None:
    found = Simulation(Batch(SPREAD, 0.2, bias, active=2000), Learning()).run()
    assert found.polls <= polls and found.mean <= 0.04


def test_jobs_without_an_eta_meet_the_budget() -> None:
    found = Simulation(Batch(lognormal(0.2), jobs=800), Learning()).run()
    assert found.polls <= 6 and found.mean <= 0.06


def test_two_lengths_without_an_eta_take_a_third_of_the_polls() -> None:
    batch = Batch(two_lengths, jobs=600)
    alone, learning = (Simulation(batch, schedule).run() for schedule in (Alone(), Learning()))
    assert learning.polls < alone.polls / 3
    assert learning.mean < alone.mean + 0.015


def test_learning_does_not_spoil_good_etas() -> None:
    batch = Batch(SPREAD, 0.2, jobs=1000)
    alone, learning = (Simulation(batch, schedule).run() for schedule in (Alone(), Learning()))
    assert learning.polls * learning.mean <= alone.polls * alone.mean
