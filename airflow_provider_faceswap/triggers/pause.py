"""Pauses before something that was refused for now is submitted again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_faceswap.triggers import base


class PauseTrigger(BaseTrigger):
    """
    Fires after some seconds.

    They count from the start of the trigger: its machine's clock may be ahead of the worker's. A triggerer
    that restarts begins the pause again.

    :param seconds: of the pause.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the path and the arguments, as Airflow's database keeps them."""
        return f"{__name__}.{type(self).__name__}", {"seconds": self.seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then fire."""
        await asyncio.sleep(max(self.seconds, base.MIN_EVENT_SECONDS))
        yield TriggerEvent(self.seconds)
