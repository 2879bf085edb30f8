"""A result that a person had deleted: a clear says so, and buys nothing in silence."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_faceswap.journal.entry import Entry
from airflow_provider_faceswap.journal.store import KEY
from tests.operators.test_wishes import decide
from tests.operators.world import World


@pytest.fixture
def erased(world: World) -> World:
    world.start()
    assert world.store is not None
    found = Entry.from_store(world.store.get(KEY))
    assert found
    world.store.set(KEY, found.erased_at(5.0).as_dict())
    world.vendor.polled.clear()
    return world


@pytest.mark.parametrize("cleared", [True, False])
def test_neither_a_clear_nor_a_retry_buys_or_asks(erased: World, cleared: bool) -> None:
    if cleared:
        erased.clear()
    with pytest.raises(AirflowFailException, match="was erased on request at 1970-01-01 00:00:05 UTC"):
        erased.start()
    assert (erased.vendor.accepted, erased.vendor.polled) == (1, [])


def test_a_clear_that_may_buy_buys(erased: World) -> None:
    erased.clear()
    assert erased.start(on_clear="resubmit")["status"] == "success"
    assert erased.vendor.accepted == 2


def test_a_person_who_decides_to_buy_another_gets_one(erased: World) -> None:
    decide(erased, "buy_another")
    assert erased.start()["status"] == "success"
    assert erased.vendor.accepted == 2
