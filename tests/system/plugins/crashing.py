"""A trigger that crashes; it lies in the plugins folder, from which the triggerer can import it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from airflow.triggers.base import BaseTrigger, TriggerEvent

SECONDS = 10
"""The scheduler fails tasks that resume sooner than some seconds after their deferral."""


class CrashingTrigger(BaseTrigger):
    def serialize(self):
        return "crashing.CrashingTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        await asyncio.sleep(SECONDS)
        raise RuntimeError("made to crash")
        yield
