"""Listens for callbacks of jobs that are polled: they say when to poll, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from airflow_provider_faceswap.callbacks.config import inbox_url
from airflow_provider_faceswap.callbacks.watcher import Subscription, Watcher, watcher
from airflow_provider_faceswap.exceptions import SettingsError

if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger(__name__)

LONG = 3600.0


class Listener:
    """
    Hears of the jobs that callbacks name; without nonces, or an inbox, it hears nothing.

    It is an asynchronous context manager.

    :param provider: the vendor that calls back.
    :param nonces: of the jobs' tokens.
    """

    def __init__(self, provider: str, *nonces: str) -> None:
        self._provider = provider
        self._nonces = [nonce for nonce in nonces if nonce]
        self._inbox: Watcher | None = None
        self._subscription: Subscription | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Listener:
        if self._nonces:
            try:
                self._inbox = watcher(inbox_url())
            except SettingsError as error:
                log.error("This triggerer cannot see callbacks, and polls alone: %s", error)
            else:
                subscribed = self._inbox.subscribe(self._provider, *self._nonces)
                self._subscription = await self._stack.enter_async_context(subscribed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def hears(self) -> bool:
        """Whether callbacks can be seen at the moment."""
        return self._inbox is not None and not self._inbox.problem

    async def called(self, seconds: float | None = None) -> tuple[str, set[str]]:
        """
        Wait for a callback.

        :param seconds: at most this long; None: as long as it takes.
        :return: the nonce that it came for and the ids of the ended jobs that it names; both are empty if
            none came in time.
        """
        if self._subscription is None:
            await asyncio.sleep(LONG if seconds is None else seconds)
            return "", set()
        try:
            nonce, jobs = await asyncio.wait_for(self._subscription.next_with_nonce(), seconds)
        except asyncio.TimeoutError:
            return "", set()
        return nonce, {job.job_id for job in jobs if job is not None and not job.state.waiting}
