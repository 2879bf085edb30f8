"""The closed forms of the scale model, and the simulations that check them."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from airflow_provider_faceswap.callbacks.watcher import INTERVAL
from airflow_provider_faceswap.operators.batch import PATIENCE
from airflow_provider_faceswap.triggers.base import MIN_EVENT_SECONDS
from benchmarks.scale import queueing
from benchmarks.scale.demand import BATCH, MAPPED, Demand
from benchmarks.scale.ladder import breaks, limits
from benchmarks.scale.model import LOAD, filling, needs
from benchmarks.scale.queueing import durations, erlang_c, mean_wait, simulate_wait, waves
from tests.benchmarks.scale_units import made_up

HOURLY = Demand(videos_per_hour=3600, seconds=100, spread=0.0, plan_limit=10)


def mapped(**changes: object) -> Demand:
    return replace(HOURLY, kind=MAPPED, **changes)  # type: ignore[arg-type]


def test_the_simulation_has_the_operators_own_times() -> None:
    assert (queueing.EARLIEST, queueing.PATIENCE) == (MIN_EVENT_SECONDS, PATIENCE)


def test_jobs_in_flight_are_rate_times_duration() -> None:
    assert needs(mapped(), made_up()).in_flight == pytest.approx(100)


def test_one_server_waits_as_the_formula_of_pollaczek_and_khinchine_says() -> None:
    assert erlang_c(1, 0.5) == pytest.approx(0.5)
    # rate * second moment / (2 * (1 - load)), of durations that are all the same.
    assert mean_wait(1, 0.5, 1.0, 0.0) == pytest.approx(0.5 * 1.0 / (2 * 0.5))


@pytest.mark.parametrize(("servers", "load"), [(15, 0.7), (15, 0.9), (100, 0.9)])
@pytest.mark.parametrize("spread", [0.1, 0.8])
def test_the_wait_is_what_a_simulation_finds(servers: int, load: float, spread: float) -> None:
    mean = 120.0
    rate = load * servers / mean
    found = simulate_wait(servers, rate, durations(mean, spread))
    assert found == pytest.approx(mean_wait(servers, rate, mean, math.exp(spread**2) - 1), rel=0.2, abs=0.5)


def test_more_work_than_all_accounts_take_waits_without_end() -> None:
    few = needs(mapped(accounts=5), made_up())
    assert few.wait == math.inf and not few.enough


def test_durations_have_the_mean_that_was_asked_for() -> None:
    chance, draw = random.Random(1), durations(120.0, 0.8)
    assert sum(draw(chance) for _ in range(50_000)) / 50_000 == pytest.approx(120.0, rel=0.03)


def test_a_batch_whose_jobs_end_together_works_for_their_duration_of_each_cycle() -> None:
    found = waves(15, durations(100.0, 0.0), late=0.0, turn=25.0)
    assert found.use == pytest.approx(100 / 125, rel=0.01)
    assert found.videos_per_start == 15


def test_a_batch_in_its_stride_submits_again_when_a_quarter_is_free() -> None:
    # It waits for a quarter of the median duration after the first end, and ends are spread evenly by then.
    found = waves(100, durations(1200.0, 0.2), late=0.0, turn=6.0)
    assert found.videos_per_start == pytest.approx(25, rel=0.1)
    assert found.use == pytest.approx(1 - 0.25 / 2, abs=0.02)


def test_a_batch_does_not_wait_for_a_straggler() -> None:
    patient = waves(2, durations(100.0, 2.0), late=0.0, turn=5.0)
    assert patient.use > 0.3 and patient.videos_per_start >= 1


def test_a_mapped_task_holds_its_place_from_its_start_to_its_end() -> None:
    found = filling(mapped(), made_up())
    assert found.use == pytest.approx(100 / 110)


def test_accounts_are_planned_with_some_in_reserve() -> None:
    found = needs(mapped(), made_up())
    assert found.accounts == math.ceil(100 / (10 * 100 / 110 * LOAD)) == 14
    assert found.enough and found.pool_slots == 140
    assert not needs(mapped(accounts=13), made_up()).enough


def test_a_plans_request_rate_can_be_what_is_not_enough() -> None:
    # Three polls, a submission and the worker's own look, for each video of 1 a second, over 14 accounts.
    found = needs(mapped(), made_up())
    assert found.requests == pytest.approx(5 / 14)
    assert not needs(mapped(requests_per_second=0.3), made_up()).enough
    assert needs(mapped(requests_per_second=0.4), made_up()).enough


def test_triggerers_hold_all_mapped_tasks_with_one_to_spare() -> None:
    found = needs(mapped(capacity=50), made_up())
    assert (found.triggers, found.triggerers) == (pytest.approx(110), 4)
    assert found.memory == pytest.approx(100 * 10_000)


def test_a_batch_is_one_trigger_for_each_account() -> None:
    found = needs(HOURLY, made_up())
    assert found.triggers == found.accounts and found.triggerers == 2
    assert found.memory == pytest.approx(100 * 1000)


def test_starts_of_a_batch_are_shared_by_its_videos() -> None:
    units = made_up()
    filled, found = filling(HOURLY, units), needs(HOURLY, units)
    # One run for each account, whose row is written twice a second.
    assert found.rows == pytest.approx(1 + 20 / filled.videos_per_start + 5 + 2 * found.accounts)
    assert found.slots == pytest.approx(4 / filled.videos_per_start)
    assert needs(mapped(), units).rows == pytest.approx(40 + 5 + 2)


def test_a_vendor_without_etas_is_polled_more_often_most_of_all_by_mapped_tasks() -> None:
    for demand, polls in ((mapped(), 22.9), (HOURLY, 5.07)):
        with_eta, without = needs(demand, made_up()), needs(replace(demand, eta=False), made_up())
        assert without.polls == pytest.approx(demand.rate * polls) and without.requests > with_eta.requests


def test_a_vendor_that_calls_back_is_not_polled() -> None:
    found = needs(mapped(calls_back=True), made_up())
    assert (found.polls, found.loop, found.sockets) == (0, 0, 0)


def test_each_triggerer_lists_the_inbox_by_the_clock() -> None:
    found = needs(replace(HOURLY, calls_back=True), made_up(callbacks__s3__LIST__video=3.0))
    assert found.s3["LIST"] == pytest.approx(3 + 2 / INTERVAL)


def test_bandwidth_is_the_results() -> None:
    assert needs(mapped(megabytes=5.0), made_up()).bits == pytest.approx(40e6)


@pytest.mark.parametrize("kind", [MAPPED, BATCH])
def test_what_one_of_each_carries_comes_with_the_scarcest_first(kind: str) -> None:
    found = limits(replace(HOURLY, kind=kind), made_up())
    assert [each.videos for each in found] == sorted(each.videos for each in found)
    assert ("triggerer of capacity 1,000" in [each.what for each in found]) is (kind == MAPPED)


def test_one_account_carries_its_plan_divided_by_the_duration() -> None:
    found = {each.what: each.videos for each in limits(mapped(), made_up())}
    assert found["account whose plan allows 10 jobs"] == pytest.approx(86400 * 10 / 110)
    assert found["scheduler, which uses one core"] == pytest.approx(86400 / 0.1)
    assert found["triggerer of capacity 1,000"] == pytest.approx(86400 * 1000 / 110)


def test_what_was_mended_at_a_step_does_not_break_at_the_next() -> None:
    first, second = breaks(mapped(), made_up(), (10_000, 1_000_000))
    assert [each.what for each in first.broken] == ["account whose plan allows 10 jobs"]
    assert "account whose plan allows 10 jobs" not in [each.what for each in second.broken]
    assert second.broken[0].videos == min(each.videos for each in second.broken) > 10_000
