"""The pause before something is submitted again."""

from __future__ import annotations

import json

import pytest
from airflow.triggers.base import TriggerEvent

from airflow_provider_faceswap.triggers import base
from airflow_provider_faceswap.triggers.pause import PauseTrigger
from tests.triggers.virtual import VirtualLoop


@pytest.mark.parametrize(("seconds", "waits"), [(45.0, 45.0), (1.0, base.MIN_EVENT_SECONDS)])
def test_it_counts_from_its_own_start_and_never_fires_too_soon(seconds: float, waits: float) -> None:
    """Whatever the clock of its machine says."""
    _, kwargs = json.loads(json.dumps(PauseTrigger(seconds).serialize()))
    loop = VirtualLoop()

    async def fired() -> list[TriggerEvent]:
        return [event async for event in PauseTrigger(**kwargs).run()]

    assert len(loop.run(fired())) == 1
    assert loop.time() == pytest.approx(waits)
