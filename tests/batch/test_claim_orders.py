"""Of tasks that take one folder at the same time, one holds it, whatever the order of their steps."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import pytest

from airflow_provider_faceswap.batch import claim as claims
from airflow_provider_faceswap.batch.claim import Claim, take_claim
from airflow_provider_faceswap.exceptions import FaceSwapError, InputError
from airflow_provider_faceswap.storage.places import open_place
from tests.batch.claims import all_are, holder, nobody, task
from tests.batch.interleaving import MemoryPlace, every_order


@pytest.fixture(params=["file", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty folder, on each of the two."""
    if request.param == "file":
        return f"file://{tmp_path}/out"
    return f"{request.getfixturevalue('s3').url}/{tmp_path.name}/out"


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task writes the same claim in each run of a test."""
    moment = datetime(2026, 11, 21, tzinfo=timezone.utc)
    monkeypatch.setattr(claims, "datetime", mock.Mock(now=lambda zone: moment))
    real = claims.uuid4

    def uuid4() -> Any:
        thread = threading.current_thread()
        own = UUID(sha256(thread.name.encode()).hexdigest()[:32])
        return real() if thread is threading.main_thread() else own

    monkeypatch.setattr(claims, "uuid4", uuid4)


def holders(outcomes: list[Any]) -> list[int]:
    return [index for index, outcome in enumerate(outcomes) if isinstance(outcome, Claim)]


@pytest.mark.parametrize("start", ["free", "left behind", "being taken over"])
def test_of_two_tasks_one_holds_the_folder_whatever_their_order(repeated: None, start: str) -> None:
    first = MemoryPlace({})
    if start != "free":
        take_claim(first, task("gone"), nobody)
    if start == "being taken over":
        link = f"claim-after-{holder(first.files)['nonce']}.json"
        first.files[link] = json.dumps({**task("gone too"), "nonce": "f" * 32}).encode()

    def state_of(owner: Mapping[str, Any]) -> str:
        return "failed" if owner["task_id"].startswith("gone") else "running"

    def check(outcomes: list[Any], files: dict[str, bytes], order: str) -> None:
        assert len(holders(outcomes)) <= 1, order
        if None not in outcomes:
            (winner,) = holders(outcomes)
            assert holder(files)["task_id"] == str(winner) and list(files) == ["claim.json"], order
            assert f"in use by task '{winner}'" in str(outcomes[1 - winner]), order

    tasks = [lambda place, name=name: take_claim(place, task(name), state_of) for name in "01"]
    assert every_order(first.files, tasks, check) > 50


def test_a_folder_that_is_given_free_while_others_look_goes_to_one_of_them(repeated: None) -> None:
    first = MemoryPlace({})
    take_claim(first, task("0"), nobody)

    def hand_over(place: MemoryPlace) -> str:
        take_claim(place, task("0"), nobody).release()
        return "free"

    def check(outcomes: list[Any], files: dict[str, bytes], order: str) -> None:
        assert len(holders(outcomes)) <= 1, order
        if None not in outcomes:
            assert outcomes[0] == "free", order
            take_claim(MemoryPlace(files), task("later"), all_are("success")).confirm()

    takers = [lambda place, name=name: take_claim(place, task(name), all_are("running")) for name in "12"]
    every_order(first.files, [hand_over, *takers], check)


def test_a_taker_that_dies_at_any_step_is_followed_and_no_two_hold_the_folder(repeated: None) -> None:
    first = MemoryPlace({})
    take_claim(first, task("gone"), nobody)
    states: dict[str, str] = {}

    def state_of(owner: Mapping[str, Any]) -> str:
        return "failed" if owner["task_id"] == "gone" else states.get(owner["task_id"], "running")

    def check(outcomes: list[Any], files: dict[str, bytes], order: str) -> None:
        assert len(holders(outcomes)) <= 1, order
        if None not in outcomes:
            late = MemoryPlace(files)
            last = take_claim(late, task("later"), lambda owner: "failed")
            last.confirm()

    def died(index: int) -> None:
        states[str(index)] = "failed"

    tasks = [lambda place, name=name: take_claim(place, task(name), state_of) for name in "01"]
    every_order(first.files, tasks, check, deaths=[0], on_start=states.clear, on_death=died)


def test_of_many_threads_one_gets_the_folder(folder: str) -> None:
    place = open_place(f"{folder}/_faceswap", InputError)
    take_claim(place, task("gone"), nobody)

    def attempt(name: str) -> Claim | FaceSwapError:
        try:
            own = open_place(f"{folder}/_faceswap", InputError)
            return take_claim(
                own, task(name), lambda owner: "failed" if owner["task_id"] == "gone" else "running"
            )
        except FaceSwapError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, map(str, range(8))))
    (winner,) = holders(outcomes)
    held = outcomes[winner]
    assert isinstance(held, Claim)
    held.confirm()
    assert all("in use by task" in str(other) for other in outcomes if other is not held)
    held.release()
    take_claim(place, task("later"), nobody).release()
