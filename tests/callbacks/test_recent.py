from __future__ import annotations

import pytest

from airflow_provider_faceswap.callbacks import recent
from airflow_provider_faceswap.callbacks.inbox import PutResult
from airflow_provider_faceswap.callbacks.recent import RecentBodies
from tests.callbacks.caller import Clock


def test_it_knows_what_it_was_told_and_nothing_else(clock: Clock) -> None:
    bodies = RecentBodies(clock)
    bodies.add("a", ["1"])
    assert [bodies.result("a", digest) for digest in "12"] == [PutResult.REPEATED, None]
    bodies.add("a", ["3"], full=True)
    assert [bodies.result("a", digest) for digest in "123"] == [
        PutResult.REPEATED,
        PutResult.FULL,
        PutResult.REPEATED,
    ]
    assert bodies.result("b", "1") is None


def test_it_forgets_after_a_while(clock: Clock) -> None:
    bodies = RecentBodies(clock)
    bodies.add("a", ["1"], full=True)
    clock.now += recent.SECONDS
    assert [bodies.result("a", digest) for digest in "12"] == [None, None]
    bodies.add("a", ["2"])
    assert [bodies.result("a", digest) for digest in "13"] == [None, None], "it started afresh"


def test_it_forgets_whoever_called_back_longest_ago(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MAX_JOBS", 2)
    bodies = RecentBodies(clock)
    for key in "ab":
        bodies.add(key, ["1"])
    bodies.result("a", "1")
    bodies.add("c", ["1"])
    assert [bodies.result(key, "1") for key in "abc"] == [PutResult.REPEATED, None, PutResult.REPEATED]
