"""Writes that fail, in the task's state and in the folder, at each point where money depends on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError

from airflow_provider_faceswap.storage.places import LocalPlace
from tests.batch.world import BatchWorld, rows
from tests.fakes import api_error


class BrokenOffError(BaseException):
    """As Airflow's timeout of a task."""


def after_a_purchase(world: BatchWorld, fail: Callable[[], None]) -> None:
    """Let something happen whenever the journal is written once something was bought."""
    real = world.store.set

    def set_(key: str, value: Any, *, retention: Any = None) -> None:
        if world.vendor.jobs and key.startswith("faceswap/"):
            fail()
        real(key, value, retention=retention)

    world.store.set = set_  # type: ignore[method-assign]


def test_ids_that_the_store_does_not_take_are_in_the_folder(world: BatchWorld) -> None:
    def fail() -> None:
        raise api_error(404)  # the answer to a try that another one has replaced

    real = world.store.set
    after_a_purchase(world, fail)
    with pytest.raises(AirflowRuntimeError):
        world.start(rows(3))
    world.store.set = real  # type: ignore[method-assign]
    assert world.start(rows(3))["succeeded"] == 3
    assert len(world.vendor.jobs) == 3


def test_ids_whose_write_is_broken_off_are_written_again(world: BatchWorld) -> None:
    broken: list[bool] = []

    def fail() -> None:
        if not broken:
            broken.append(True)
            raise BrokenOffError

    after_a_purchase(world, fail)
    with pytest.raises(BrokenOffError):
        world.start(rows(3))
    assert world.start(rows(3))["succeeded"] == 3
    assert len(world.vendor.jobs) == 3


def test_intents_that_the_folder_does_not_take_are_no_doubts(
    world: BatchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LocalPlace.write

    def write(place: LocalPlace, name: str, content: bytes) -> None:
        if place.url.endswith("/parts"):
            raise OSError("no space left")
        real(place, name, content)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(LocalPlace, "write", write)
        world.start(rows(3))
    assert not world.vendor.sent
    assert world.start(rows(3))["succeeded"] == 3
