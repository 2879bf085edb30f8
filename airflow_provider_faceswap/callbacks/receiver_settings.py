"""What the receiver needs of the configuration, read once; a failure is remembered for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio

from airflow_provider_faceswap.callbacks.config import callback_secrets, inbox_url
from airflow_provider_faceswap.callbacks.inbox import Inbox
from airflow_provider_faceswap.callbacks.rejected import RejectedError
from airflow_provider_faceswap.callbacks.threads import BoundedThreads, BusyError
from airflow_provider_faceswap.exceptions import FaceSwapError

RETRY_SECONDS = 30.0
"""How long a failure is remembered: strangers must not make us ask a secrets backend without end."""
READ_SECONDS = 20.0


@dataclass(frozen=True)
class ReceiverSettings:
    """
    The receiver's settings.

    :param secrets: any of them may have signed a callback URL.
    :param inbox: where callbacks go.
    """

    secrets: tuple[str, ...] = field(repr=False)
    inbox: Inbox


class CachedSettings:
    """
    Reads the settings when they are first needed.

    :param threads: a secret may come from a command, a connection from a secrets backend: both block.
    :param clock: seconds, from any start.
    """

    def __init__(self, threads: BoundedThreads, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = threads
        self._clock = clock
        self._settings: ReceiverSettings | None = None
        self._problem = ""
        self._retry_at = 0.0
        self._lock = asyncio.Lock()

    async def get(self) -> ReceiverSettings:
        """Return the settings, or raise RejectedError with 503."""
        if self._settings is None:
            async with self._lock:  # a hundred first callers are one read
                if self._settings is None:
                    self._settings = await self._read()
        return self._settings

    async def _read(self) -> ReceiverSettings:
        if not self._problem or self._clock() >= self._retry_at:
            try:
                with anyio.fail_after(READ_SECONDS):
                    return await self._threads.run("settings", _read)
            except FaceSwapError as error:
                self._problem = str(error)
            except (TimeoutError, BusyError):
                self._problem = f"reading [faceswap] takes more than {READ_SECONDS:.0f} s"
            except Exception as error:  # its text may hold a secret
                self._problem = f"reading [faceswap] failed with {type(error).__name__}"
            self._retry_at = self._clock() + RETRY_SECONDS
        raise RejectedError(
            503,
            "%s. The receiver reads its settings again every 30 s; after a change of airflow.cfg or of the "
            "environment, restart the API server",
            self._problem,
            unread=True,
        )


def _read() -> ReceiverSettings:
    secrets, inbox = callback_secrets(), Inbox(inbox_url())
    inbox.open()
    return ReceiverSettings(secrets, inbox)
