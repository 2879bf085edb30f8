"""A trigger that crashes; it lies in the plugins folder, from which the triggerer can import it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from airflow.triggers.base import BaseTrigger, TriggerEvent

SECONDS = 10
"""The scheduler fails tasks that resume sooner than some seconds after their deferral."""


class CrashingTrigger(BaseTrigger):
    """Crashes after some seconds; with a file not before that is there."""

    def __init__(self, file=""):
        super().__init__()
        self.file = file

    def serialize(self):
        return "crashing.CrashingTrigger", {"file": self.file}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        await asyncio.sleep(SECONDS)
        while self.file and not Path(self.file).exists():
            await asyncio.sleep(1)
        raise RuntimeError("made to crash")
        yield
