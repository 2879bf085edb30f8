from __future__ import annotations

import json
import math
from typing import Any

import pytest

from airflow_provider_faceswap.apis.siblings import Siblings
from airflow_provider_faceswap.triggers.tally import Tally, ended_lines


def taught(seconds: float) -> Siblings:
    siblings = Siblings()
    siblings.on_running(None, 0.0, seconds)
    siblings.on_end(None, seconds, seconds)
    return siblings


def tally(jobs: int = 100, ended: int = 0, siblings: Siblings | None = None, **rules: Any) -> Tally:
    one = Tally(jobs, siblings or Siblings(), **rules)
    for line in range(ended):
        one.end(line, "success", 1000.0 + line)
    return one


def test_it_fires_when_all_have_ended() -> None:
    assert tally(100, 99).fires_at() == math.inf
    assert tally(100, 100).fires_at() == 0.0


def test_it_fires_when_enough_have_ended() -> None:
    assert tally(100, 49, wake=50).fires_at() == math.inf
    assert tally(100, 50, wake=50).fires_at() == 0.0
    assert tally(10, 10, wake=50).fires_at() == 0.0, "there are not that many"


def test_it_fires_some_time_after_the_first_end() -> None:
    assert tally(patience=30.0).fires_at() == math.inf
    assert tally(ended=5, patience=30.0).fires_at() == 1030.0
    assert tally(ended=5, patience=30.0, siblings=taught(40.0)).fires_at() == 1030.0


def test_longer_jobs_have_more_patience() -> None:
    assert tally(ended=5, patience=30.0, siblings=taught(800.0)).fires_at() == pytest.approx(1200.0, rel=0.01)


def test_it_does_not_fire_too_early() -> None:
    assert tally(10, 10, earliest=2000.0).fires_at() == 2000.0
    assert tally(10, 1, patience=30.0, earliest=2000.0).fires_at() == 2000.0


def test_the_event_names_the_lines_that_have_ended() -> None:
    one = tally(20)
    for line, state in ((0, "success"), (7, "failed"), (8, "success"), (19, "deadline")):
        one.end(line, state, 1000.0)
    one.polls, one.problem = 12, "HTTP 502"
    event = json.loads(json.dumps(one.event(1000.0)))
    assert event["counts"] == {"success": 2, "failed": 1, "deadline": 1}
    assert ended_lines(event, 20) == [0, 7, 8, 19]
    assert event["polls"] == 12 and event["problem"] == "HTTP 502"
    assert Siblings(event["learned"]).watched_until == 1000.0


def test_ten_thousand_jobs_fit_into_four_kilobytes() -> None:
    siblings = Siblings()
    for number in range(1, 10_001):
        siblings.on_end(float(number), 0.0, 1.7 * number)
    one = tally(10_000, 10_000, siblings)
    one.problem = "x" * 5000
    event = one.event(1000.0)
    assert len(json.dumps(event)) < 4096
    assert ended_lines(event, 10_000) == list(range(10_000))


@pytest.mark.parametrize(
    "event", [None, "x", {}, {"ended": 5}, {"ended": ""}, {"ended": "%%%"}, {"ended": "é"}]
)
def test_an_event_that_cannot_be_read_says_nothing(event: object) -> None:
    assert ended_lines(event, 100) is None


@pytest.mark.parametrize("jobs", [0, 10, 1000])
def test_an_event_about_another_file_says_nothing(jobs: int) -> None:
    assert ended_lines(tally(100, 100).event(0.0), jobs) is None
